import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'

/**
 * The engine in namespaces of its own: user, network, mount, PID. Two steps, so that one path serves root and everybody
 * else: the child makes the user namespace and waits; the parent writes its id maps; then the child makes the others
 * and becomes the engine, as PID 1. It dies with `unshare`, and everything of the network dies with it.
 */
const SCRIPT = 'echo >&4 && read -r _ && exec 4>&- && exec "$@"'
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

export interface EngineProcess {
  /** `unshare`, whose exit is the engine's, with an IPC channel to the engine. */
  readonly child: ChildProcess
  /** Settles when the engine's own program was started; rejects with what this machine refused. */
  readonly started: Promise<void>
}

export interface EngineProcessOptions {
  /** The engine's main module and its arguments, after Node's own flags. */
  readonly command: readonly string[]
  /** Descriptor of the file that takes the engine's output. */
  readonly log: number
  /** The engine's end of the fd channel, which it finds as ENGINE_CHANNEL. */
  readonly channel: number
}

export const ENGINE_CHANNEL = 5

/** In a session of its own: a Ctrl-C in the terminal reaches the front alone. */
export function startEngineProcess(options: EngineProcessOptions): EngineProcess {
  const inner = ['unshare', ...NAMESPACES, process.execPath, ...options.command]
  const child = spawn('unshare', ['--user', ...keepCapabilities(), 'sh', '-c', SCRIPT, 'sh', ...inner], {
    stdio: ['pipe', options.log, options.log, 'ipc', 'pipe', options.channel],
    detached: true,
  })
  child.stdin?.on('error', () => undefined)
  return { child, started: mapIds(child) }
}

/**
 * Where new privileges are forbidden (a container's no-new-privileges, a systemd unit), becoming root by the id maps
 * would bring none, so they are kept from the start. Elsewhere util-linux 2.34, which lacks the option, will do.
 */
function keepCapabilities(): readonly string[] {
  return /^NoNewPrivs:\s*1/m.test(readFileSync('/proc/self/status', 'utf8')) ? ['--keep-caps'] : []
}

async function mapIds(child: ChildProcess): Promise<void> {
  const [stdin, ready] = [child.stdin as Writable, child.stdio[4] as Readable]
  await new Promise<void>((resolve, reject) => {
    ready.once('data', () => resolve())
    child.once('error', (error) => reject(new Error(`unshare: ${error.message}`)))
    child.once('exit', (code) => reject(new Error(`unshare --user: exit code ${code}`)))
  })
  ready.on('error', () => undefined)
  writeIdMaps(child.pid ?? 0)
  stdin.end('\n')
}

/** All ids that this process has where it may map them (root, or newuidmap with a range of its own), else its own as 0. */
function writeIdMaps(pid: number): void {
  const own = process.getuid?.() ?? 0
  if (own === 0) {
    writeFileSync(`/proc/${pid}/uid_map`, identityMap('/proc/self/uid_map'))
    writeFileSync(`/proc/${pid}/gid_map`, identityMap('/proc/self/gid_map'))
    return
  }
  if (mapSubordinateIds(pid, own)) return
  writeFileSync(`/proc/${pid}/setgroups`, 'deny')
  writeFileSync(`/proc/${pid}/uid_map`, `0 ${own} 1`)
  writeFileSync(`/proc/${pid}/gid_map`, `0 ${process.getgid?.() ?? own} 1`)
}

/** `inside outside count` lines: what is inside here is both inside and outside there. */
function identityMap(path: string): string {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return lines
    .map((line) => line.trim().split(/\s+/))
    .map(([inside, , count]) => `${inside} ${inside} ${count}\n`)
    .join('')
}

function mapSubordinateIds(pid: number, uid: number): boolean {
  try {
    const user = /^([^:]*):/.exec(lineOf('/etc/passwd', (fields) => fields[2] === String(uid)))?.[1] ?? ''
    const mine = (fields: readonly string[]): boolean => fields[0] === user || fields[0] === String(uid)
    const [, uids = '', uidCount = ''] = lineOf('/etc/subuid', mine).split(':')
    const [, gids = '', gidCount = ''] = lineOf('/etc/subgid', mine).split(':')
    if (uids === '' || gids === '') return false
    const quiet = { stdio: 'ignore' } as const
    execFileSync('newgidmap', [String(pid), '0', String(process.getgid?.()), '1', '1', gids, gidCount], quiet)
    execFileSync('newuidmap', [String(pid), '0', String(uid), '1', '1', uids, uidCount], quiet)
    return true
  } catch {
    // No newuidmap, or no range for this user: the single id is the way that always works.
    return false
  }
}

function lineOf(path: string, wanted: (fields: readonly string[]) => boolean): string {
  return (
    readFileSync(path, 'utf8')
      .split('\n')
      .find((line) => wanted(line.split(':'))) ?? ''
  )
}
