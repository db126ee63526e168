import { basename } from 'node:path'
import { Option } from 'commander'
import { awaitNetwork, type RunningNetwork } from '../cluster/control/client.ts'
import { isCutOff, knownNetworks, networkHeld, stateDirectory } from '../cluster/state/state-directory.ts'
import { UsageError, type Context } from './context.ts'

/** `--name`, on every command that is about a running network. */
export function nameOption(): Option {
  return new Option('--name <name>', 'the network (default: the name of the current folder)')
}

/** `--name`, else the current folder's name, in the characters that a file name and a socket can have. */
export function networkName(given: string | undefined, context: Context): string {
  if (given === undefined)
    return (
      basename(context.workingDirectory)
        .replace(/[^\w.-]/g, '-')
        .replace(/^[.-]+/, '')
        .slice(0, 40) || 'portolan'
    )
  if (/^[\w][\w.-]{0,39}$/.test(given)) return given
  throw new UsageError(`--name ${JSON.stringify(given)}: use up to 40 letters, digits, ".", "-" and "_"`)
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
