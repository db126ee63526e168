import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { programFile } from './program-files.ts'

/** One thing that this machine has or lacks. */
export interface MachineCheck {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'missing'
  readonly found: string
  /** What to do; absent where all is well. */
  readonly advice?: string
}

/** What a network needs of the machine, tried rather than guessed. `missing` means that no network can run. */
export function checkMachine(): readonly MachineCheck[] {
  if (process.platform !== 'linux') {
    const advice = 'use WSL 2 on Windows, or a Linux virtual machine (Lima, Multipass) on macOS'
    return [{ name: 'Linux', state: 'missing', found: process.platform, advice }]
  }
  const [calls, namespaces] = [checkForeignCalls(), checkNamespaces()]
  return [
    checkNode(),
    checkPrograms(),
    calls,
    namespaces,
    ...(calls.state === 'ok' && namespaces.state === 'ok' ? [checkNftables()] : []),
    checkOpenFiles(),
  ]
}

function checkNode(): MachineCheck {
  return { name: 'Node.js', state: 'ok', found: `${process.version} ${process.arch}` }
}

function checkPrograms(): MachineCheck {
  const missing = ['unshare', 'nsenter'].filter((program) => spawnSync(program, ['--version']).status !== 0)
  if (missing.length === 0) return { name: 'util-linux', state: 'ok', found: 'unshare, nsenter' }
  const advice = 'install util-linux from your distribution'
  return { name: 'util-linux', state: 'missing', found: `no ${missing.join(', no ')}`, advice }
}

function checkForeignCalls(): MachineCheck {
  const name = `@koromix/koffi-linux-${process.arch}`
  const found = canResolve(name)
  if (found) return { name: 'system calls', state: 'ok', found: name }
  const advice = `run npm install without --omit=optional; ${process.arch} needs a build of koffi (x64 and arm64 have one)`
  return { name: 'system calls', state: 'missing', found: `no ${name}`, advice }
}

function canResolve(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

/** The namespaces that the engine is started in, tried with the program that starts it. */
function checkNamespaces(): MachineCheck {
  const flags = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork', '--mount-proc']
  const tried = spawnSync('unshare', [...flags, 'true'], { encoding: 'utf8' })
  if (tried.status === 0) return { name: 'namespaces', state: 'ok', found: 'user, network, mount, PID' }
  const found = `unshare ${flags.join(' ')} true: ${tried.stderr?.trim() || tried.error?.message || `exit code ${tried.status}`}`
  return { name: 'namespaces', state: 'missing', found, advice: namespaceAdvice() }
}

function namespaceAdvice(): string {
  const value = (path: string): string | undefined => {
    try {
      return readFileSync(`/proc/sys/${path}`, 'utf8').trim()
    } catch {
      // The setting does not exist on this kernel.
      return undefined
    }
  }
  if (value('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return 'AppArmor blocks unprivileged user namespaces (Ubuntu 24.04): "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", or start with sudo'
  }
  if (value('kernel/unprivileged_userns_clone') === '0') {
    return 'allow them with "sudo sysctl -w kernel.unprivileged_userns_clone=1", or start with sudo'
  }
  if (value('user/max_user_namespaces') === '0') {
    return 'allow them with "sudo sysctl -w user.max_user_namespaces=10000", or start with sudo'
  }
  return 'in a container allow it: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined'
}

/** Opens a netfilter socket inside; a kernel without nf_tables refuses it. */
function checkNftables(): MachineCheck {
  const probe = programFile('host/nftables-probe')
  const flags = ['--user', '--map-root-user', '--net', process.execPath, probe]
  const tried = spawnSync('unshare', flags, { encoding: 'utf8' })
  if (tried.status === 0) return { name: 'nf_tables', state: 'ok', found: 'netlink' }
  const advice =
    'a kernel with CONFIG_NF_TABLES and its nat, masq, reject, ct, numgen and fib expressions ("sudo modprobe nf_tables nft_nat nft_numgen")'
  return { name: 'nf_tables', state: 'missing', found: tried.stderr.trim() || `exit code ${tried.status}`, advice }
}

const FEW_FILES = 4096

function checkOpenFiles(): MachineCheck {
  const limit = Number(
    /^Max open files +\d+ +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Number.POSITIVE_INFINITY,
  )
  const found = `${limit} open files`
  if (limit >= FEW_FILES) return { name: 'limits', state: 'ok', found }
  return {
    name: 'limits',
    state: 'warning',
    found,
    advice: `each connection from the host takes two: raise it with "ulimit -Hn" for more than ${Math.floor(limit * 0.45)} at once`,
  }
}
