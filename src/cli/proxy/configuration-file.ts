/** kube-proxy's configuration file, in the words of the command line. */
import type { DetectLocal } from '../../cluster/proxy/node-contexts.ts'
import { parseGoDuration } from '../../lib/go-duration.ts'
import { hostAndPort, parseIP } from '../../lib/ip.ts'
import { composePiece } from '../../manifest/compose.ts'
import type { Diagnostic } from '../../manifest/diagnostic.ts'
import { checkFields, pathText } from '../../manifest/fields.ts'
import { entryOf, fieldOf, isJsonObject, type JsonValue, placeOf, type SourceNode } from '../../manifest/node.ts'
import { cutPieces } from '../../manifest/pieces.ts'
import { rangeAt, type SourceText, sourceText } from '../../manifest/source.ts'
import { suggest } from '../../manifest/suggest.ts'
import { UsageError } from '../context.ts'
import { CONFIGURATION_KIND, CONFIGURATION_TYPES, CONFIGURATION_VERSION, IGNORED } from './configuration-types.ts'
import type { ProxyCommandOptions } from './proxy-options.ts'
import type { OptionName } from './setting-reader.ts'

export interface ProxyConfiguration {
  readonly options: Partial<ProxyCommandOptions>
  /** The field that said an option, with its place: `config.conf:3:14: clusterCIDR`. */
  nameOf(option: OptionName): string | undefined
  /** With their places. */
  readonly warnings: readonly string[]
}

type Path = readonly string[]

interface Reader {
  readonly source: SourceText
  readonly root: SourceNode
  readonly options: Partial<Record<OptionName, string | boolean>>
  readonly names: Map<OptionName, string>
  readonly problems: string[]
  readonly warnings: string[]
}

/** The option that each field is. */
const FIELDS: readonly (readonly [field: string, option: OptionName])[] = [
  ['clientConnection.kubeconfig', 'kubeconfig'],
  ['bindAddress', 'bindAddress'],
  ['bindAddressHardFail', 'bindAddressHardFail'],
  ['clusterCIDR', 'clusterCidr'],
  ['detectLocal.bridgeInterface', 'podBridgeInterface'],
  ['detectLocal.interfaceNamePrefix', 'podInterfaceNamePrefix'],
  ['conntrack.maxPerCore', 'conntrackMaxPerCore'],
  ['conntrack.min', 'conntrackMin'],
  ['conntrack.tcpEstablishedTimeout', 'conntrackTcpTimeoutEstablished'],
  ['conntrack.tcpCloseWaitTimeout', 'conntrackTcpTimeoutCloseWait'],
  ['conntrack.udpTimeout', 'conntrackUdpTimeout'],
  ['conntrack.udpStreamTimeout', 'conntrackUdpTimeoutStream'],
  ['conntrack.tcpBeLiberal', 'conntrackTcpBeLiberal'],
]

/** Where kube-proxy looks for masqueradeAll and syncPeriod in each mode. Without a mode the rules may be meant or iptables. */
const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  '': ['nftables', 'iptables'],
  nftables: ['nftables'],
  iptables: ['iptables'],
  ipvs: ['ipvs', 'iptables'],
}
const MODES: readonly DetectLocal['mode'][] = ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix']
const FIRST_ALONE = 'only the first one of a file is read (kube-proxy ignores it too)'
const PORTS = { healthzBindAddress: 10_256, metricsBindAddress: 10_249 } as const

/** Throws a UsageError with all that makes it unusable, one line for each. What it says in vain is a warning. */
export function parseConfiguration(text: string, file: string): ProxyConfiguration {
  const source = sourceText(file, text)
  const problems: string[] = []
  const warnings: string[] = []
  const root = readRoot(source, problems, warnings)
  const reader = root && { source, root, options: {}, names: new Map(), problems, warnings }
  if (reader !== undefined) readFields(reader)
  if (reader === undefined || problems.length > 0) throw new UsageError(problems.join('\n'))
  return { options: reader.options, nameOf: (option) => reader.names.get(option), warnings }
}

function textOf({ file, line, column, message, hint }: Diagnostic, severity: '' | 'warning: '): string {
  return `${file}:${line}:${column}: ${severity}${message}${hint === undefined ? '' : ` (${hint})`}`
}

/** As with kube-proxy, the first document counts alone, and the last one of two equal keys. */
function readRoot(source: SourceText, problems: string[], warnings: string[]): SourceNode | undefined {
  const documents = cutPieces(source.text).flatMap((piece) => {
    const { documents, failure } = composePiece(source, piece)
    if (failure !== undefined) problems.push(textOf(failure, ''))
    return documents
  })
  const [document, second] = documents.filter(({ node }) => node.value !== null)
  const root = document?.node
  if (problems.length > 0) return undefined
  const name = fieldOf(root?.value ?? null, 'kind')
  const version = fieldOf(root?.value ?? null, 'apiVersion')
  if (
    document === undefined ||
    root === undefined ||
    name !== CONFIGURATION_KIND ||
    version !== CONFIGURATION_VERSION
  ) {
    const at = rangeAt(source, root?.start ?? 0, root?.end ?? 0)
    const what =
      name === 'ConfigMap'
        ? 'this is a ConfigMap: give the file that is in it'
        : 'this is no configuration of kube-proxy'
    const wanted = `"apiVersion: ${CONFIGURATION_VERSION}" and "kind: ${CONFIGURATION_KIND}"`
    problems.push(`${source.file}:${at.line}:${at.column}: ${what}: it lacks ${wanted}`)
    return undefined
  }
  for (const diagnostic of [
    ...document.diagnostics,
    ...checkFields(source, root, CONFIGURATION_KIND, CONFIGURATION_TYPES),
  ]) {
    const isProblem = diagnostic.severity === 'error' && diagnostic.code !== 'duplicate-key'
    if (isProblem) problems.push(textOf(diagnostic, ''))
    else warnings.push(textOf(diagnostic, 'warning: '))
  }
  if (second !== undefined) {
    const { line, column } = rangeAt(source, second.node.start, second.node.end)
    warnings.push(`${source.file}:${line}:${column}: warning: this document is ignored: ${FIRST_ALONE}`)
  }
  return problems.length > 0 ? undefined : root
}

function readFields(reader: Reader): void {
  for (const [field, option] of FIELDS) take(reader, field, option)
  takeName(reader)
  takeMode(reader)
  takeAddresses(reader)
  takeList(reader)
  const mode = stringAt(reader, 'mode')
  if (SECTIONS[mode] === undefined || (mode !== '' && mode !== 'nftables')) {
    warn(
      reader,
      'mode',
      `${JSON.stringify(mode)} is ignored: the rules are those of the mode nftables, in which nodePorts answer at the Node's own addresses where nodePortAddresses names no others`,
    )
  }
  const sections = SECTIONS[mode] ?? ['nftables']
  const all = sections.map((section) => `${section}.masqueradeAll`).find((field) => valueOf(reader, field) === true)
  if (all !== undefined) take(reader, all, 'masqueradeAll')
  const period = sections.map((section) => `${section}.syncPeriod`).find((field) => isSaid(valueOf(reader, field)))
  if (period !== undefined) take(reader, period, 'syncPeriod')
  const unused = ['nftables', 'iptables', 'ipvs'].filter((section) => !sections.includes(section))
  warnOfIgnored(reader, reader.root, [], unused)
}

/** A field that says nothing leaves the option as it is; zero says something. */
function take(reader: Reader, field: string, option: OptionName, change = (text: string): string => text): void {
  const value = valueOf(reader, field)
  if (value === undefined || value === null || value === '' || typeof value === 'object') return
  reader.options[option] = typeof value === 'boolean' ? value : change(String(value))
  reader.names.set(option, nameOf(reader, field))
}

function takeName(reader: Reader): void {
  take(reader, 'hostnameOverride', 'node', (name) => name.trim().toLowerCase())
  if (reader.options.node === '') complain(reader, 'hostnameOverride', 'is blank')
}

function takeMode(reader: Reader): void {
  const mode = stringAt(reader, 'detectLocalMode')
  take(reader, 'detectLocalMode', 'detectLocalMode')
  if (mode === '' || MODES.some((known) => known === mode)) return
  const near = suggest(mode, MODES)
  const hint = near === undefined ? `one of ${MODES.join(', ')}` : `did you mean ${near}?`
  complain(reader, 'detectLocalMode', `${JSON.stringify(mode)} is no such mode: ${hint}`)
}

/** An address without a port has the usual one; the usual address is of bindAddress's family. */
function takeAddresses(reader: Reader): void {
  const bound = stringAt(reader, 'bindAddress')
  for (const option of ['healthzBindAddress', 'metricsBindAddress'] as const) {
    const port = PORTS[option]
    take(reader, option, option, (text) => (parseIP(text) === undefined ? text : hostAndPort(text, port)))
    if (parseIP(bound)?.family === 6)
      reader.options[option] ??= `[${option === 'healthzBindAddress' ? '::' : '::1'}]:${port}`
  }
}

function takeList(reader: Reader): void {
  const ranges = valueOf(reader, 'nodePortAddresses')
  if (!Array.isArray(ranges) || ranges.length === 0) return
  reader.options.nodeportAddresses = ranges.join(',')
  reader.names.set('nodeportAddresses', nameOf(reader, 'nodePortAddresses'))
}

function valueOf({ root }: Reader, field: string): JsonValue | undefined {
  let value: JsonValue | undefined = root.value
  for (const key of field.split('.')) value = value === undefined ? undefined : fieldOf(value, key)
  return value
}

/** Empty where there is none. */
function stringAt(reader: Reader, field: string): string {
  const value = valueOf(reader, field)
  return typeof value === 'string' ? value : ''
}

function nameOf(reader: Reader, field: string): string {
  return `${placeText(reader, field.split('.'))} ${field}`
}

function placeText({ source, root }: Reader, path: Path): string {
  let node = root
  let place = { start: root.start, end: root.end }
  for (const key of path) {
    const entry = entryOf(node, key)
    if (entry === undefined) break
    node = entry.node
    place = placeOf(entry)
  }
  const { file, line, column } = rangeAt(source, place.start, place.end)
  return `${file}:${line}:${column}:`
}

function complain(reader: Reader, field: string, message: string): void {
  reader.problems.push(`${nameOf(reader, field)} ${message}`)
}

function warn(reader: Reader, field: string, message: string): void {
  reader.warnings.push(`${placeText(reader, field.split('.'))} warning: ${field} ${message}`)
}

/** `unused`: sections of other modes. */
function warnOfIgnored(reader: Reader, node: SourceNode, path: Path, unused: readonly string[]): void {
  for (const entry of node.entries) {
    const at = [...path, String(entry.key)]
    if (isJsonObject(entry.node.value)) {
      warnOfIgnored(reader, entry.node, at, unused)
      continue
    }
    const why = reasonFor(at, entry.node.value, unused)
    if (why !== undefined) reader.warnings.push(`${placeText(reader, at)} warning: ${pathText(at)} is ignored: ${why}`)
  }
}

function reasonFor(path: Path, value: JsonValue, unused: readonly string[]): string | undefined {
  if (!isSaid(value)) return undefined
  const known = path
    .map((_, i) => IGNORED[path.slice(0, path.length - i).join('.')])
    .find((found) => found !== undefined)
  if (known !== undefined) return known.usual !== undefined && isSame(known.usual, value) ? undefined : known.why
  const [section = '', field = ''] = path
  if (!unused.includes(section) || (field === 'syncPeriod' && isSame('30s', value))) return undefined
  return 'it is of another mode'
}

/** What kube-proxy's own writer puts where nothing is set says nothing. */
function isSaid(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return Number(value) !== 0 && (typeof value !== 'string' || parseGoDuration(value) !== 0)
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true
  const [one, other] = [a, b].map((value) => (typeof value === 'string' ? parseGoDuration(value) : undefined))
  return one !== undefined && one === other
}
