/** SARIF 2.1.0, as code scanning services take it. */
import type { SourceRange } from '../../manifest/source.ts'
import { safeHash } from '../../model/hash.ts'
import { type Edit, type Finding, findingKey, type Fix, type Severity } from '../check/finding.ts'
import { append } from '../check/labels.ts'
import type { RulePage } from '../check/input-rules.ts'
import type { CheckReport } from '../check/report.ts'

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' }

/** Relative to the root of the repository, where the tool is run. */
function artifactOf(file: string): object {
  const isAbsolute = file.startsWith('/')
  const path = file
    .replace(/^(?:\.\/)+/, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/')
  return isAbsolute ? { uri: `file://${path}` } : { uri: path, uriBaseId: '%SRCROOT%' }
}

function regionOf({ line, column, endLine, endColumn }: SourceRange): object {
  return { startLine: line, startColumn: column, endLine, endColumn }
}

function physical(range: SourceRange): object {
  return { artifactLocation: artifactOf(range.file), region: regionOf(range) }
}

function fixOf({ title, edits }: Fix): object {
  const files = new Map<string, Edit[]>()
  for (const edit of edits) append(files, edit.file, edit)
  return {
    description: { text: title },
    artifactChanges: [...files].map(([file, own]) => ({
      artifactLocation: artifactOf(file),
      replacements: own.map((edit) => ({ deletedRegion: regionOf(edit), insertedContent: { text: edit.newText } })),
    })),
  }
}

function resultOf(finding: Finding, indexOf: ReadonlyMap<string, number>): object {
  const { code, severity, message, location, related, fixes, object } = finding
  const name = [object.namespace, object.kind, object.name].filter((part) => part !== '').join('/')
  return {
    ruleId: code,
    ruleIndex: indexOf.get(code) ?? -1,
    level: LEVELS[severity],
    message: { text: message },
    locations: [
      {
        physicalLocation: physical(location),
        ...(name === '' ? {} : { logicalLocations: [{ fullyQualifiedName: name, kind: 'object' }] }),
      },
    ],
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.map((one, i) => ({
            id: i + 1,
            physicalLocation: physical(one.location),
            message: { text: one.message },
          })),
        }),
    partialFingerprints: { 'portolanFinding/v1': safeHash(`${location.file}\n${findingKey(finding)}`, 20) },
    ...(fixes.length === 0 ? {} : { fixes: fixes.map(fixOf) }),
  }
}

function ruleOf({ code, name, summary, why, remediation, severity, off }: RulePage): object {
  return {
    id: code,
    name: name
      .split('-')
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(''),
    shortDescription: { text: summary },
    fullDescription: { text: why },
    help: { text: `${why}\n\n${remediation}` },
    defaultConfiguration: { level: LEVELS[severity], ...(off === true ? { enabled: false } : {}) },
  }
}

/** `rules` are all that exist, `version` is Portolan's. `results` is always there. */
export function sarifReport({ findings }: CheckReport, rules: readonly RulePage[], version: string): string {
  const indexOf = new Map(rules.map(({ code }, i) => [code, i]))
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'portolan', version, semanticVersion: version, rules: rules.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => resultOf(finding, indexOf)),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}
