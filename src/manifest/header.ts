/** apiVersion, kind and name: what an object is, and whether Portolan knows it. */
import { kubernetesKinds } from '../api/field-table.ts'
import { STORED_KINDS } from '../api/stored-kinds.ts'
import { isKind, KINDS } from '../api/kinds.ts'
import type { Diagnostic, DiagnosticCode } from './diagnostic.ts'
import { entryOf, fieldOf, placeOf, type SourceNode } from './node.ts'
import { rangeAt, type SourceRange, type SourceText } from './source.ts'
import { suggest } from './suggest.ts'
import { describeValue } from './wording.ts'

export interface Header {
  readonly apiVersion: string
  readonly kind: string
}

export interface HeaderResult {
  /** Absent when it cannot be told what the object is. */
  readonly header?: Header
  readonly diagnostics: readonly Diagnostic[]
}

/** The first characters of an object, or one of its fields. */
function placeOfField(source: SourceText, node: SourceNode, field?: string): SourceRange {
  const entry = field === undefined ? node.entries[0] : entryOf(node, field)
  const place = entry === undefined ? { start: node.start, end: node.start + 1 } : placeOf(entry)
  const key = entry === undefined || field !== undefined ? place : { start: entry.keyStart, end: entry.keyEnd }
  return rangeAt(source, key.start, key.end)
}

function missingField(
  source: SourceText,
  node: SourceNode,
  field: string,
  code: DiagnosticCode,
  hint: string,
): Diagnostic {
  const value = fieldOf(node.value, field)
  const near =
    value === undefined ? node.entries.find((entry) => suggest(String(entry.key), [field]) === field) : undefined
  if (near !== undefined) {
    const message = `this object has no ${field}, but a field ${near.key}`
    const place = rangeAt(source, near.keyStart, near.keyEnd)
    return { severity: 'error', code, message, ...place, hint: `write ${field}` }
  }
  const message =
    value === undefined || value === null || value === ''
      ? `this object has no ${field}`
      : `${field} must be a string: found ${describeValue(value)}`
  return {
    severity: 'error',
    code,
    message,
    ...placeOfField(source, node, value === undefined ? undefined : field),
    hint,
  }
}

/** `apps/v1` for a Deployment, if the kind is one that Kubernetes has. */
function versionsOf(kind: string | undefined): string {
  const versions = kind === undefined ? undefined : kubernetesKinds().get(kind)
  return versions?.[0] ?? 'v1'
}

/** Reads what kind of object a mapping is. */
export function readHeader(source: SourceText, node: SourceNode): HeaderResult {
  const apiVersion = fieldOf(node.value, 'apiVersion')
  const kind = fieldOf(node.value, 'kind')
  const isNamed = (value: unknown): value is string => typeof value === 'string' && value !== ''
  if (isNamed(apiVersion) && isNamed(kind)) return { header: { apiVersion, kind }, diagnostics: [] }
  const diagnostics: Diagnostic[] = []
  if (!isNamed(apiVersion)) {
    const hint = `add \`apiVersion: ${versionsOf(isNamed(kind) ? kind : undefined)}\``
    diagnostics.push(missingField(source, node, 'apiVersion', 'missing-api-version', hint))
  }
  if (!isNamed(kind)) {
    diagnostics.push(missingField(source, node, 'kind', 'missing-kind', 'add what it is, for example `kind: Service`'))
  }
  return { diagnostics }
}

/** A group that is not Kubernetes' own may have a kind `Service` too. */
function isKubernetesGroup(apiVersion: string): boolean {
  const slash = apiVersion.indexOf('/')
  const group = slash < 0 ? '' : apiVersion.slice(0, slash)
  return !group.includes('.') || group.endsWith('.k8s.io')
}

function skippedWords({ apiVersion, kind }: Header): Pick<Diagnostic, 'code' | 'message' | 'hint'> {
  const isOwn = isKubernetesGroup(apiVersion)
  if (isOwn && kubernetesKinds().has(kind)) {
    return { code: 'unsupported-kind', message: `${kind} is a Kubernetes kind that Portolan does not run: skipped` }
  }
  const near = isOwn ? (suggest(kind, Object.keys(KINDS)) ?? suggest(kind, kubernetesKinds().keys())) : undefined
  if (near !== undefined) {
    return { code: 'unknown-kind', message: `unknown kind ${kind}: did you mean ${near}? Skipped` }
  }
  const message = `${kind} (${apiVersion}) is not a kind of Kubernetes itself: skipped`
  if (kind !== 'Kustomization') return { code: 'unknown-kind', message }
  return { code: 'unknown-kind', message, hint: 'run `kubectl kustomize DIR | portolan up -`' }
}

/** Whether Portolan acts on the object; if not, why. */
export function judgeKind(
  source: SourceText,
  node: SourceNode,
  header: Header,
): { readonly known: boolean; readonly diagnostics: readonly Diagnostic[] } {
  const { kind, apiVersion } = header
  if (!isKind(kind) || !isKubernetesGroup(apiVersion)) {
    const place = placeOfField(source, node, 'kind')
    return { known: false, diagnostics: [{ severity: 'warning', ...skippedWords(header), ...place }] }
  }
  const right = KINDS[kind].apiVersion
  if (apiVersion === right) return { known: true, diagnostics: [] }
  if (Object.hasOwn(STORED_KINDS, kind)) {
    // Charts bring along several versions of these, and nothing depends on them.
    const message = `${kind} is kept as ${right} only, not as ${apiVersion}: skipped`
    const place = placeOfField(source, node, 'apiVersion')
    return { known: false, diagnostics: [{ severity: 'warning', code: 'unsupported-kind', message, ...place }] }
  }
  const diagnostic: Diagnostic = {
    severity: 'error',
    code: 'wrong-api-version',
    message: `${kind} has the apiVersion ${right}: found ${JSON.stringify(apiVersion)}`,
    ...placeOfField(source, node, 'apiVersion'),
    hint: `write \`apiVersion: ${right}\``,
  }
  return { known: false, diagnostics: [diagnostic] }
}

/** An object has to have a name, or a beginning of one to be completed. */
export function checkName(source: SourceText, node: SourceNode, kind: string): readonly Diagnostic[] {
  const metadata = fieldOf(node.value, 'metadata') ?? null
  const isGiven = (field: string): boolean => {
    const value = fieldOf(metadata, field)
    return value !== undefined && value !== null && value !== ''
  }
  if (isGiven('name') || isGiven('generateName')) return []
  const entry = entryOf(node, 'metadata')
  const place = entry === undefined ? placeOfField(source, node) : rangeAt(source, entry.keyStart, entry.keyEnd)
  const example = `${kind.toLowerCase()}-1`
  const hint =
    entry === undefined ? `add \`metadata: { name: ${example} }\`` : `add \`name: ${example}\` under metadata`
  return [{ severity: 'error', code: 'missing-name', message: `this ${kind} has no metadata.name`, ...place, hint }]
}
