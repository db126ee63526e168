/** From hops to the verdict of a path, and from paths to that of the trace. */
import type { HopFinding } from './finding.ts'
import type { Hop, Path, Trace, TraceFix, Verdict } from './report.ts'

export function verdictOf(hops: readonly Pick<Hop, 'status'>[]): Verdict {
  if (hops.some(({ status }) => status === 'fail')) return 'BROKEN'
  return hops.some(({ status }) => status === 'unknown') ? 'UNDETERMINED' : 'DELIVERED'
}

type Judged = Pick<Trace, 'verdict' | 'brokenAt' | 'symptom' | 'fixes' | 'unknowns'>

/** `findings`: of each path, in the same order. */
export function judge(paths: readonly Path[], findings: readonly (readonly HopFinding[])[]): Judged {
  const verdict = together(paths.map((path) => path.verdict))
  const broken = verdict === 'DELIVERED' ? undefined : paths.findIndex((path) => path.verdict === 'BROKEN')
  const failed = findings[broken ?? -1]?.find(({ status }) => status === 'fail')
  const isBroken = verdict === 'BROKEN' || verdict === 'PARTIAL'
  return {
    verdict,
    brokenAt: isBroken ? (failed?.kind ?? null) : null,
    symptom: isBroken ? (failed?.symptom ?? null) : null,
    fixes: unique(findings.flat().flatMap(({ fixes = [] }) => fixes)),
    unknowns: unknownsOf(findings.flat()),
  }
}

/** Some work and some do not: PARTIAL. One that could not be seen leaves open whether all work, or none. */
function together(verdicts: readonly Verdict[]): Verdict {
  const has = (verdict: Verdict): boolean => verdicts.includes(verdict)
  if (has('DELIVERED') && has('BROKEN')) return 'PARTIAL'
  if (has('UNDETERMINED')) return 'UNDETERMINED'
  return has('BROKEN') ? 'BROKEN' : 'DELIVERED'
}

function unknownsOf(findings: readonly HopFinding[]): Trace['unknowns'] {
  const all = findings.filter(({ status }) => status === 'unknown').map(({ kind, text }) => ({ hop: kind, text }))
  return [...new Map(all.map((entry) => [`${entry.hop} ${entry.text}`, entry])).values()]
}

function unique(fixes: readonly TraceFix[]): readonly TraceFix[] {
  return [...new Map(fixes.map((fix) => [JSON.stringify(fix), fix])).values()]
}

/** Paths that are equal in all but their node and family become one. */
export function collapse(paths: readonly Path[]): readonly Path[] {
  const groups = new Map<string, Path[]>()
  for (const path of paths) {
    const key = JSON.stringify([path.hops])
    groups.set(key, [...(groups.get(key) ?? []), path])
  }
  return [...groups.values()].flatMap((group, i) => {
    const [first] = group
    if (first === undefined) return []
    const weight = group.reduce((sum, path) => sum + path.weight, 0)
    const nodes = new Set(group.map(({ node }) => node))
    const families = new Set(group.map(({ family }) => family))
    return {
      ...first,
      id: String(i + 1),
      weight: Math.round(weight * 1e6) / 1e6,
      node: nodes.size === 1 ? first.node : null,
      family: families.size === 1 ? first.family : null,
    }
  })
}
