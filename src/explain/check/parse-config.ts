/** Reads the configuration file; each problem has its place. */
import { composePiece } from '../../manifest/compose.ts'
import {
  entryOf,
  isJsonObject,
  type JsonValue,
  placeOf,
  type SourceEntry,
  type SourceNode,
} from '../../manifest/node.ts'
import { cutPieces } from '../../manifest/pieces.ts'
import { rangeAt, type SourceRange, type SourceText, sourceText } from '../../manifest/source.ts'
import { suggest } from '../../manifest/suggest.ts'
import { type CheckConfig, type ConfigSuppression, DEFAULT_CONFIG } from './config.ts'
import { scalarText } from './json.ts'
import { didYouMean } from './wording.ts'

export interface ConfigProblem extends SourceRange {
  readonly message: string
}

export interface ParsedConfig {
  readonly config: CheckConfig
  readonly problems: readonly ConfigProblem[]
}

interface Reader {
  readonly source: SourceText
  readonly problems: ConfigProblem[]
  readonly isRule: (rule: string) => boolean
}

type Settings = { -readonly [Key in keyof CheckConfig]?: CheckConfig[Key] }

function complain({ source, problems }: Reader, entry: SourceEntry, message: string): undefined {
  const { start, end } = placeOf(entry)
  problems.push({ ...rangeAt(source, start, end), message })
}

function readText(reader: Reader, entry: SourceEntry): string | undefined {
  const { value } = entry.node
  return typeof value === 'string' && value !== '' ? value : complain(reader, entry, `${entry.key} must be a text`)
}

function readFlag(reader: Reader, entry: SourceEntry): boolean | undefined {
  const { value } = entry.node
  return typeof value === 'boolean' ? value : complain(reader, entry, `${entry.key} must be true or false`)
}

function readRange(reader: Reader, entry: SourceEntry): CheckConfig['nodePortRange'] | undefined {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(scalarText(entry.node.value))
  const [first, last] = [Number(match?.[1]), Number(match?.[2])]
  const isRange = match !== null && first >= 1 && last <= 65_535 && first <= last
  return isRange ? { first, last } : complain(reader, entry, `${entry.key} must be a range such as 30000-32767`)
}

/** YAML reads `on` and `off` as true and false. */
const SETTINGS: ReadonlyMap<JsonValue, CheckConfig['rules'][string]> = new Map<JsonValue, CheckConfig['rules'][string]>(
  [
    [true, 'on'],
    [false, 'off'],
    ...(['on', 'off', 'error', 'warning', 'info'] as const).map((word) => [word, word] as const),
  ],
)

function checkRule(reader: Reader, entry: SourceEntry, rule: string): boolean {
  if (reader.isRule(rule)) return true
  complain(reader, entry, `there is no rule ${rule}`)
  return false
}

function readRules(reader: Reader, { node }: SourceEntry): CheckConfig['rules'] {
  return Object.fromEntries(
    node.entries.flatMap((entry) => {
      const rule = String(entry.key)
      const setting = SETTINGS.get(entry.node.value)
      if (setting === undefined) complain(reader, entry, `a rule is on, off, error, warning or info`)
      return checkRule(reader, entry, rule) && setting !== undefined ? [[rule, setting]] : []
    }),
  )
}

const SUPPRESSION_FIELDS = ['rule', 'path', 'kind', 'namespace', 'name', 'reason'] as const

function readSuppression(reader: Reader, item: SourceEntry): readonly ConfigSuppression[] {
  if (!isJsonObject(item.node.value)) {
    complain(reader, item, 'an entry of suppress is a mapping of rule, path, kind, namespace, name and reason')
    return []
  }
  const entry: { -readonly [Key in keyof ConfigSuppression]?: ConfigSuppression[Key] } = {}
  for (const field of item.node.entries) {
    const name = SUPPRESSION_FIELDS.find((one) => one === field.key)
    if (name === undefined) unknownField(reader, field, SUPPRESSION_FIELDS)
    const text = name === undefined ? undefined : readText(reader, field)
    if (name !== undefined && text !== undefined) entry[name] = text
    if (name === 'rule' && text !== undefined) checkRule(reader, field, text)
  }
  if (entry.reason === undefined)
    complain(reader, item.node.entries[0] ?? item, 'say why: each entry of suppress needs a reason')
  const first = item.node.entries[0]
  const { start, end } = first === undefined ? item.node : { start: first.keyStart, end: first.node.end }
  return [{ ...entry, location: rangeAt(reader.source, start, end) }]
}

function unknownField(reader: Reader, entry: SourceEntry, known: readonly string[]): void {
  const name = String(entry.key)
  complain(
    reader,
    { ...entry, node: { ...entry.node, value: {} } },
    `unknown setting ${name}${didYouMean(suggest(name, known))}`,
  )
}

const FIELDS: Readonly<Record<string, (reader: Reader, entry: SourceEntry, settings: Settings) => void>> = {
  namespace: (reader, entry, settings) => set(settings, 'namespace', readText(reader, entry)),
  openWorld: (reader, entry, settings) => set(settings, 'openWorld', readFlag(reader, entry)),
  clusterDomain: (reader, entry, settings) => set(settings, 'clusterDomain', readText(reader, entry)),
  nodePortRange: (reader, entry, settings) => set(settings, 'nodePortRange', readRange(reader, entry)),
  rules: (reader, entry, settings) => set(settings, 'rules', readRules(reader, entry)),
  suppress: (reader, entry, settings) =>
    set(
      settings,
      'suppress',
      entry.node.entries.flatMap((item) => readSuppression(reader, item)),
    ),
  baseline: (reader, entry, settings) => set(settings, 'baseline', readText(reader, entry)),
}

function set<Key extends keyof Settings>(settings: Settings, key: Key, value: Settings[Key]): void {
  if (value !== undefined) settings[key] = value
}

function readRoot(reader: Reader, root: SourceNode): CheckConfig {
  const settings: Settings = {}
  for (const entry of root.entries) {
    const name = String(entry.key)
    if (Object.hasOwn(FIELDS, name)) FIELDS[name]?.(reader, entry, settings)
    else unknownField(reader, entry, Object.keys(FIELDS))
  }
  // Exact optional properties: nothing undefined was set.
  return { ...DEFAULT_CONFIG, ...(settings as Partial<CheckConfig>) }
}

/** `isRule` knows codes and names. An empty file is the default. */
export function parseCheckConfig(text: string, file: string, isRule: (rule: string) => boolean): ParsedConfig {
  const source = sourceText(file, text)
  const reader: Reader = { source, problems: [], isRule }
  const documents = cutPieces(source.text).flatMap((piece) => {
    const composed = composePiece(source, piece)
    for (const problem of [composed.failure ?? [], ...composed.documents.map(({ diagnostics }) => diagnostics)].flat())
      reader.problems.push(problem)
    return composed.documents.map(({ node }) => node)
  })
  const root = documents.find(({ value }) => value !== null)
  if (root === undefined) return { config: DEFAULT_CONFIG, problems: reader.problems }
  if (!isJsonObject(root.value) || entryOf(root, 'kind') !== undefined) {
    const message = 'this is no configuration of portolan check: it has to be a mapping of settings'
    return {
      config: DEFAULT_CONFIG,
      problems: [...reader.problems, { ...rangeAt(source, root.start, root.start + 1), message }],
    }
  }
  return { config: readRoot(reader, root), problems: reader.problems }
}
