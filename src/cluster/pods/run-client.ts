import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { runInside } from '../../host/run-inside.ts'
import type { RunningNetwork } from '../control/client.ts'
import { RUN_MARK } from '../protocol.ts'
import { stateDirectory } from '../state/state-directory.ts'

/** Runs a program of the host inside a network; see Clients for `from`. The program's exit code. */
export async function runClient(
  network: RunningNetwork,
  name: string,
  from: string | undefined,
  command: readonly string[],
): Promise<number> {
  const mark = randomUUID()
  const { place, enginePid, close } = await network.openClient(from, mark)
  process.env[RUN_MARK] = mark
  try {
    return await runInside({ ...place, enginePid }, command, 'inherit', nsswitch(stateDirectory(name).path))
  } finally {
    await close()
  }
}

/** The host's nsswitch.conf with names from files and DNS only; undefined where the host has none. */
function nsswitch(directory: string): string | undefined {
  try {
    const text = readFileSync('/etc/nsswitch.conf', 'utf8')
    const path = `${directory}/nsswitch.conf`
    writeFileSync(path, text.replace(/^hosts:.*$/m, 'hosts: files dns'))
    return path
  } catch {
    // musl has no such file, and needs none.
    return undefined
  }
}
