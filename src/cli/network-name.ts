import { basename } from 'node:path'
import { Option } from 'commander'
import { awaitNetwork, type RunningNetwork } from '../cluster/control/client.ts'
import { isCutOff, knownNetworks, networkHeld, startFolder, stateDirectory } from '../cluster/state/state-directory.ts'
import { UsageError, type Context } from './context.ts'

/** `--name`, on every command that is about a running network. */
export function nameOption(): Option {
  return new Option('--name <name>', 'the network (default: the name of the current folder)')
}

/** `--name`, else that of the network that was started in the current folder, or would be. */
export function networkName(given: string | undefined, context: Context): string {
  if (given === undefined) return folderNetwork(context.workingDirectory)
  if (/^[\w][\w.-]{0,39}$/.test(given)) return given
  throw new UsageError(`--name ${JSON.stringify(given)}: use up to 40 letters, digits, ".", "-" and "_"`)
}

/** The folder's own name; where the network of another folder has that, `name-2`, `name-3` ... */
function folderNetwork(folder: string): string {
  const base = baseName(folder)
  const names = [base, ...Array.from({ length: MOST_NAMESAKES - 1 }, (_, i) => `${base}-${i + 2}`)]
  const known = new Set(knownNetworks())
  const own = names.find((name) => known.has(name) && startFolder(name) === folder)
  return own ?? names.find((name) => startFolder(name) === undefined) ?? base
}

const MOST_NAMESAKES = 100

/** In the characters that a file name and a socket can have. */
function baseName(folder: string): string {
  const usable = basename(folder)
    .replace(/[^\w.-]/g, '-')
    .replace(/^[.-]+/, '')
  return usable.slice(0, 36) || 'portolan'
}

/** The running network that a command is about; one that starts is waited for. */
export async function requireNetwork(name: string): Promise<RunningNetwork> {
  await refuseCutOff(name)
  const network = await awaitNetwork(name)
  if (network !== undefined) return network
  const known = knownNetworks()
  const held = await Promise.all(known.map((other) => networkHeld(stateDirectory(other))))
  const others = known.filter((_, i) => held[i])
  const hint = others.length > 0 ? `; running: ${others.join(', ')} (choose one with --name)` : ''
  throw new UsageError(`no network named ${JSON.stringify(name)} runs: start one with "portolan up"${hint}`)
}

/** Throws a UsageError where the network runs, but cannot be asked anything. */
export async function refuseCutOff(name: string): Promise<void> {
  const directory = stateDirectory(name)
  if (!(await isCutOff(directory))) return
  const command = `portolan down --name ${name}`
  throw new UsageError(`network ${name} runs, but its folder ${directory.path} was removed: "${command}" ends it`)
}
