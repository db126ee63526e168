import { buildChart } from '../../explain/chart/build.ts'
import type { CheckInput } from '../../explain/check/inputs.ts'
import type { CheckReport } from '../../explain/check/report.ts'
import type { StepChart } from '../../explain/report/github.ts'
import { printChart } from '../../explain/report/chart.ts'
import { manifestWorld } from '../../explain/trace/static.ts'
import { mergeManifests } from '../../manifest/merge.ts'
import { parseManifest } from '../../manifest/parse.ts'

const STYLE = { color: false, ascii: false, width: 100 }

/** A chart of every Service that has an error, in the order of the findings. */
export function brokenCharts(
  { findings }: CheckReport,
  inputs: readonly CheckInput[],
  namespace: string,
): readonly StepChart[] {
  const broken = findings.filter(({ severity, object }) => severity === 'error' && object.kind === 'Service')
  const names = new Set(broken.map(({ object }) => `${object.namespace}/${object.name}`))
  if (names.size === 0) return []
  const manifests = inputs.map(({ text, file }) => parseManifest(text, file, { lenient: true }))
  const world = manifestWorld(mergeManifests(manifests), { namespace })
  return [...names].flatMap((service) => {
    const model = buildChart(world, { service })
    if (model.services.length === 0) return []
    return { service, mermaid: printChart(model, { kind: 'flow', format: 'mermaid', style: STYLE, fenced: true }) }
  })
}
