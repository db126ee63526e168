import type { RunningNetwork } from '../../cluster/control/client.ts'
import type { Context } from '../context.ts'
import { rememberFiles } from '../trace/remember-files.ts'
import { manifestFindings, NO_FINDINGS } from './findings.ts'
import { loadManifests } from './load.ts'
import { chainWarnings, networkReport, podWarnings } from './report.ts'

/** `up` of a network that runs: makes it hold what the files hold. */
export async function applyToRunning(
  network: RunningNetwork,
  directory: string,
  files: readonly string[],
  { wait, check }: { readonly wait: number | undefined; readonly check: boolean },
  context: Context,
): Promise<number> {
  const loaded = await loadManifests(files, undefined, context)
  if (loaded === undefined) return 2
  const report = await network.apply(loaded.values)
  if (report.problems.length > 0) {
    loaded.printRefused(report.problems, 'nothing was changed')
    return 2
  }
  rememberFiles(directory, files, context)
  for (const [verb, names] of [
    ['created', report.created],
    ['updated', report.updated],
    ['deleted', report.deleted],
  ] as const) {
    for (const name of names) context.stderr.write(`${verb} ${name}\n`)
  }
  for (const warning of report.warnings) context.stderr.write(`warning: ${warning}\n`)
  if (report.unchanged > 0) context.stderr.write(`unchanged: ${report.unchanged}\n`)
  const ready = wait === undefined ? true : await allReady(network, wait)
  if (!ready) context.stderr.write(`not every Pod is ready after ${(wait ?? 0) / 1000} s\n`)
  const status = await network.status()
  const { lines, codes } = check ? await manifestFindings(loaded.objects) : NO_FINDINGS
  for (const warning of [...lines, ...podWarnings(status), ...chainWarnings(status, codes)])
    context.stderr.write(`warning: ${warning}\n`)
  context.stdout.write(`\n${networkReport(status)}`)
  return ready ? 0 : 1
}

async function allReady(network: RunningNetwork, wait: number): Promise<boolean> {
  const late = AbortSignal.timeout(wait)
  return network.podsReady(late).then(
    () => true,
    (error: unknown) => {
      if (late.aborted) return false
      throw error
    },
  )
}
