/** Leaves out what was silenced on purpose, and says what silences nothing. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import { locate } from '../../manifest/manifest.ts'
import type { SourceRange, SourceText } from '../../manifest/source.ts'
import type { CheckConfig, ConfigSuppression } from './config.ts'
import { type Finding, type FindingObject, findingKey } from './finding.ts'
import { unusedSuppression } from './input-rules.ts'
import { textAt } from './json.ts'
import { type CommentSuppression, commentSuppressions } from './suppression-comments.ts'

const ANNOTATION = 'portolan.dev/ignore'

interface Suppression {
  readonly rules: readonly string[]
  readonly location: SourceRange
  /** The comment, which a fix may remove. */
  readonly comment?: CommentSuppression
  readonly matches: (finding: Finding) => boolean
}

export interface SuppressionInput {
  readonly findings: readonly Finding[]
  readonly objects: readonly ManifestObject[]
  readonly sources: ReadonlyMap<string, SourceText>
  readonly config: CheckConfig
  /** Keys of findings that are known and accepted. */
  readonly baseline: ReadonlySet<string>
  readonly namespaceOf: (object: ManifestObject) => string
  /** Code of a rule by its code or name; undefined for what is no rule, `off` for one that did not run. */
  readonly codeOf: (rule: string) => string | undefined
}

function fromComments({ sources }: SuppressionInput): readonly Suppression[] {
  return [...sources.values()].flatMap((source) =>
    commentSuppressions(source).map((comment) => ({
      rules: comment.rules,
      location: comment.range,
      comment,
      matches: ({ location, related }) =>
        [location, ...related.map((one) => one.location)].some(
          ({ file, line }) => file === source.file && line >= comment.firstLine && line <= comment.lastLine,
        ),
    })),
  )
}

function isSame(left: FindingObject, right: FindingObject): boolean {
  return left.kind === right.kind && left.name === right.name && left.namespace === right.namespace
}

function fromAnnotations({ objects, namespaceOf }: SuppressionInput): readonly Suppression[] {
  return objects.flatMap((object) => {
    const text = textAt(object.value, 'metadata', 'annotations', ANNOTATION)
    if (text === undefined) return []
    const [list = ''] = text.split(/:|\s--\s/)
    const { apiVersion, kind, name = '' } = object
    const identity = { apiVersion, kind, name, namespace: namespaceOf(object) }
    return {
      rules: list.split(/[\s,]+/).filter((rule) => rule !== ''),
      location: locate(object, ['metadata', 'annotations', ANNOTATION]),
      matches: (finding: Finding) => isSame(finding.object, identity),
    }
  })
}

/** `*` stands for any text without a slash, `**` for any. */
export function globPattern(glob: string): RegExp {
  const body = glob
    .split(/(\*\*\/|\*\*|\*)/)
    .map((part) => {
      if (part === '**/') return '(?:.*/)?'
      if (part === '**') return '.*'
      return part === '*' ? '[^/]*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    })
    .join('')
  return new RegExp(`^${body}$`)
}

function fromConfig({ config }: SuppressionInput): readonly Suppression[] {
  return config.suppress.flatMap((entry) => {
    const { location } = entry
    return location === undefined
      ? []
      : [{ rules: entry.rule === undefined ? [] : [entry.rule], location, matches: configMatcher(entry) }]
  })
}

function configMatcher({ path, kind, namespace, name }: ConfigSuppression): Suppression['matches'] {
  const wanted: [RegExp, (finding: Finding) => string][] = []
  if (path !== undefined) wanted.push([globPattern(path), ({ location }) => location.file.replace(/^\.\//, '')])
  if (kind !== undefined) wanted.push([globPattern(kind), ({ object }) => object.kind])
  if (namespace !== undefined) wanted.push([globPattern(namespace), ({ object }) => object.namespace])
  if (name !== undefined) wanted.push([globPattern(name), ({ object }) => object.name])
  return (finding) => wanted.every(([pattern, text]) => pattern.test(text(finding)))
}

function unused(suppression: Suppression, problem: string): Finding {
  const { code, name, severity } = unusedSuppression
  const { location, comment } = suppression
  const isRemovable = comment !== undefined && !problem.includes('reason')
  return {
    code,
    name,
    severity,
    message: problem,
    object: { apiVersion: '', kind: '', namespace: '', name: '' },
    location:
      comment === undefined || location.endLine === location.line
        ? location
        : { ...location, endLine: location.line, endColumn: location.column + 1 },
    related: [],
    fixes: isRemovable ? [{ title: 'remove the comment', safe: true, edits: [{ ...location, newText: '' }] }] : [],
  }
}

function judge(suppression: Suppression, isUsed: boolean, input: SuppressionInput): readonly Finding[] {
  const { rules, comment } = suppression
  const list = rules.join(', ')
  const strange = rules.find((rule) => input.codeOf(rule) === undefined)
  if (strange !== undefined) return [unused(suppression, `there is no rule ${strange}, so that this silences nothing`)]
  if (!isUsed && rules.every((rule) => input.codeOf(rule) === 'off')) return []
  if (!isUsed)
    return [unused(suppression, `this silences nothing: ${list === '' ? 'no rule' : list} finds nothing here`)]
  if (comment === undefined || comment.reason !== '') return []
  return [unused(suppression, `this silences ${list} without a reason: write it after " -- "`)]
}

export interface Suppressed {
  readonly findings: readonly Finding[]
  readonly suppressed: number
}

/** What is left, with what silenced nothing. */
export function suppress(input: SuppressionInput): Suppressed {
  const suppressions = [...fromComments(input), ...fromAnnotations(input), ...fromConfig(input)]
  const used = new Set<Suppression>()
  const left = input.findings.filter((finding) => {
    const silencing = suppressions.filter(
      (one) =>
        (one.rules.length === 0
          ? one.comment === undefined
          : one.rules.some((rule) => input.codeOf(rule) === finding.code)) && one.matches(finding),
    )
    for (const one of silencing) used.add(one)
    return silencing.length === 0 && !input.baseline.has(findingKey(finding))
  })
  const idle = suppressions.flatMap((one) => judge(one, used.has(one), input))
  return { findings: [...left, ...idle], suppressed: input.findings.length - left.length }
}
