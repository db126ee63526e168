/** Reads texts as objects; what cannot be read becomes PTL001. */
import type { Diagnostic, DiagnosticCode } from '../../manifest/diagnostic.ts'
import type { ManifestObject } from '../../manifest/manifest.ts'
import { parseManifest } from '../../manifest/parse.ts'
import { rangeAt, type SourceText, sourceText } from '../../manifest/source.ts'
import type { Finding, FindingObject, Severity } from './finding.ts'
import { inputUnreadable } from './input-rules.ts'
import { isKustomization, patchFiles } from './kustomize.ts'

export interface CheckInput {
  /** The name that places carry. */
  readonly file: string
  readonly text: string
  /** Found in a folder: what is no manifest is passed over. */
  readonly lenient?: boolean
  /** Why it is no text. */
  readonly unreadable?: string
}

export interface ReadInputs {
  /** Kustomizations are among them. */
  readonly objects: readonly ManifestObject[]
  readonly findings: readonly Finding[]
  readonly sources: ReadonlyMap<string, SourceText>
  /** Whether objects may be missing. */
  readonly unread: boolean
}

const NO_OBJECT: FindingObject = { apiVersion: '', kind: '', namespace: '', name: '' }
/** What is wrong with a field alone: the object is there all the same. */
const FIELD_FAULTS: readonly DiagnosticCode[] = [
  'wrong-type',
  'missing-name',
  'wrong-api-version',
  'inexact-number',
  'not-finite',
]
/** What Helm's templates have and nothing else. */
const TEMPLATE =
  /\{\{-?\s*(?:\/\*|\$|\.Values|\.Release|\.Chart|\.Capabilities|include\b|template\b|define\b|if\b|range\b|with\b|end\b|toYaml\b|tpl\b|default\b|printf\b)/

function unreadable(
  message: string,
  severity: Severity,
  at: Finding['location'],
  related: Finding['related'] = [],
): Finding {
  const { code, name } = inputUnreadable
  return { code, name, severity, message, object: NO_OBJECT, location: at, related, fixes: [] }
}

/** Undefined for what is none of check's business: kinds that Portolan does not run, unknown fields without a likeness. */
function findingOf(diagnostic: Diagnostic): Finding | undefined {
  const { severity, code, message, hint, related, file, line, column, endLine, endColumn } = diagnostic
  const isTypo = code === 'unknown-field' && message.includes('did you mean')
  const isApart = code === 'unsupported-kind' || (code === 'unknown-field' && !isTypo)
  if (isApart || (code === 'unknown-kind' && !message.includes('did you mean'))) return undefined
  const advice = hint === undefined || isTypo ? '' : `; ${hint.replace('portolan up', 'portolan check')}`
  return unreadable(
    `${message}${advice}`,
    severity,
    { file, line, column, endLine, endColumn },
    related === undefined ? [] : [{ message: related.message, location: { ...placeOf(related) } }],
  )
}

function placeOf({ file, line, column, endLine, endColumn }: Finding['location']): Finding['location'] {
  return { file, line, column, endLine, endColumn }
}

/** An unrendered template: it cannot be read, or its objects have names such as `{{ .Release.Name }}`. */
function isTemplate(
  source: SourceText,
  objects: readonly ManifestObject[],
  diagnostics: readonly Diagnostic[],
): boolean {
  if (!TEMPLATE.test(source.text)) return false
  const hasTemplateName = objects.some(({ name = '', namespace = '', kind }) =>
    `${name}${namespace}${kind}`.includes('{{'),
  )
  return hasTemplateName || diagnostics.some(({ severity }) => severity === 'error')
}

function templateFinding(source: SourceText): Finding {
  const start = TEMPLATE.exec(source.text)?.index ?? 0
  const end = source.text.slice(start, start + 200).search(/\}\}|[\r\n]/)
  const isClosed = source.text.startsWith('}}', start + end)
  const chart = /^(.*?)\/?templates\//.exec(source.file)?.[1] ?? '.'
  return unreadable(
    `this is a template of Helm, not a manifest: nothing in it was checked; run "helm template ${chart === '' ? '.' : chart} | portolan check -"`,
    'error',
    rangeAt(source, start, end < 0 ? start + 2 : start + end + (isClosed ? 2 : 0)),
  )
}

interface ReadFile {
  readonly objects: readonly ManifestObject[]
  readonly findings: readonly Finding[]
  readonly unread: boolean
}

/** Parts of a chart that are no manifests, though a Chart.yaml has an apiVersion. */
const CHART_FILE = /(?:^|\/)(?:Chart|values(?:[-.][^/]*)?)\.ya?ml$/

function readFile(input: CheckInput, source: SourceText): ReadFile {
  if (input.unreadable !== undefined) {
    const at = { file: input.file, line: 1, column: 1, endLine: 1, endColumn: 1 }
    return { objects: [], findings: [unreadable(input.unreadable, 'error', at)], unread: true }
  }
  if (input.lenient === true && CHART_FILE.test(input.file)) return { objects: [], findings: [], unread: false }
  const { objects, diagnostics } = parseManifest(input.text, input.file, { lenient: input.lenient === true })
  if (isTemplate(source, objects, diagnostics))
    return { objects: [], findings: [templateFinding(source)], unread: true }
  return {
    objects,
    findings: diagnostics.flatMap((diagnostic) => findingOf(diagnostic) ?? []),
    unread: diagnostics.some(({ severity, code }) => severity === 'error' && !FIELD_FAULTS.includes(code)),
  }
}

/** All inputs as one set, whatever files they come in. */
export function readInputs(inputs: readonly CheckInput[]): ReadInputs {
  const sources = new Map(inputs.map(({ file, text }) => [file, sourceText(file, text)]))
  const files = inputs.map((input) => readFile(input, sources.get(input.file) ?? sourceText(input.file, input.text)))
  const all = files.flatMap(({ objects }) => objects)
  const patches = new Set(all.filter(isKustomization).flatMap(patchFiles))
  const objects = all.filter((object) => !patches.has(object.origin.source.file))
  return {
    objects,
    findings: files.flatMap(({ findings }) => findings),
    sources,
    unread: files.some(({ unread }) => unread),
  }
}
