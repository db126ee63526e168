/** `--fix`: applies the safe fixes, checks again, and keeps only what proves right. */
import { applyEdits, overlaps } from './apply-edits.ts'
import { checkInputs, type CheckInputsOptions } from './check-inputs.ts'
import { compareSeverity, type Edit, type Finding, findingKey, type Fix } from './finding.ts'
import type { CheckInput } from './inputs.ts'
import type { CheckReport } from './report.ts'

export interface AppliedFix {
  readonly finding: Finding
  readonly fix: Fix
}

export interface FixOutcome {
  readonly inputs: readonly CheckInput[]
  readonly applied: readonly AppliedFix[]
  /** Of the texts as they are now. */
  readonly report: CheckReport
}

/** Fixes that make room for others; more would be a circle. */
const MOST_ROUNDS = 10

/** Fixes that can be applied together. A value that several places share through an anchor is edited once. */
function choose(
  findings: readonly Finding[],
  mayEdit: (file: string) => boolean,
  refused: ReadonlySet<string>,
): readonly AppliedFix[] {
  const taken: Edit[] = []
  return findings.flatMap((finding) => {
    const fix = finding.fixes.find(({ safe, edits }) => safe && edits.every(({ file }) => mayEdit(file)))
    if (fix === undefined || refused.has(findingKey(finding))) return []
    if (fix.edits.some((edit) => taken.some((other) => overlaps(edit, other)))) return []
    taken.push(...fix.edits)
    return [{ finding, fix }]
  })
}

function edited(inputs: readonly CheckInput[], fixes: readonly AppliedFix[]): readonly CheckInput[] {
  const edits = fixes.flatMap(({ fix }) => fix.edits)
  return inputs.map((input) => {
    const own = edits.filter(({ file }) => file === input.file)
    return own.length === 0 ? input : { ...input, text: applyEdits(input.text, own) }
  })
}

/** Whether the fixed findings are gone, and no new one of the same weight is there. */
function isBetter(before: CheckReport, after: CheckReport, fixes: readonly AppliedFix[]): boolean {
  const left = new Set(after.findings.map(findingKey))
  const known = new Set(before.findings.map(findingKey))
  const isGone = fixes.every(({ finding }) => !left.has(findingKey(finding)))
  const isClean = after.findings.every(
    (finding) =>
      known.has(findingKey(finding)) ||
      fixes.every((fix) => compareSeverity(finding.severity, fix.finding.severity) > 0),
  )
  return isGone && isClean
}

/** `mayEdit` says whether a file can be written. Writes nothing itself. */
export function fixInputs(
  inputs: readonly CheckInput[],
  mayEdit: (file: string) => boolean,
  options: CheckInputsOptions = {},
): FixOutcome {
  const refused = new Set<string>()
  let state: FixOutcome = { inputs, applied: [], report: checkInputs(inputs, options) }
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const chosen = choose(state.report.findings, mayEdit, refused)
    if (chosen.length === 0) break
    state = applyTogether(state, chosen, options) ?? applyOneByOne(state, chosen, options, refused)
  }
  return state
}

function applyTogether(
  state: FixOutcome,
  fixes: readonly AppliedFix[],
  options: CheckInputsOptions,
): FixOutcome | undefined {
  const inputs = edited(state.inputs, fixes)
  const report = checkInputs(inputs, options)
  return isBetter(state.report, report, fixes) ? { inputs, applied: [...state.applied, ...fixes], report } : undefined
}

/** One of them is wrong: the first that proves right is kept, those that do not are not tried again. */
function applyOneByOne(
  state: FixOutcome,
  fixes: readonly AppliedFix[],
  options: CheckInputsOptions,
  refused: Set<string>,
): FixOutcome {
  for (const one of fixes) {
    const next = applyTogether(state, [one], options)
    if (next !== undefined) return next
    refused.add(findingKey(one.finding))
  }
  return state
}
