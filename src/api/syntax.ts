/**
 * The forms of names, labels and ports. Each function lists the sub-rules that a text breaks, in Kubernetes' words; the
 * empty list is "valid".
 */
import { type CIDR, cidrContains, formatCIDR, formatIP, parseCIDR, parseIP, type IP } from '../lib/ip.ts'

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const LABEL_VALUE = `(${QUALIFIED})?`
const CONFIG_KEY = '[-._a-zA-Z0-9]+'

const whole = (pattern: string): RegExp => new RegExp(`^${pattern}$`)
const IS_LABEL = whole(LABEL)
const IS_SUBDOMAIN = whole(SUBDOMAIN)
const IS_QUALIFIED = whole(QUALIFIED)
const IS_LABEL_VALUE = whole(LABEL_VALUE)
const IS_CONFIG_KEY = whole(CONFIG_KEY)

const mustMatch = (rule: string, examples: readonly string[], pattern: string): string =>
  `${rule} (e.g. ${examples.map((text) => `'${text}'`).join(',  or ')}, regex used for validation is '${pattern}')`

const LABEL_RULE = mustMatch(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  ['my-name', '123-abc'],
  LABEL,
)
const SUBDOMAIN_RULE = mustMatch(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  ['example.com'],
  SUBDOMAIN,
)
const QUALIFIED_RULE = mustMatch(
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  ['MyName', 'my.name', '123-abc'],
  QUALIFIED,
)
const LABEL_VALUE_RULE = mustMatch(
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  ['MyValue', 'my_value', '12345'],
  LABEL_VALUE,
)
const CONFIG_KEY_RULE = mustMatch(
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  ['key.name', 'KEY_NAME', 'key-name'],
  CONFIG_KEY,
)

const atMost = (maximum: number): string => `must be no more than ${maximum} characters`

function check(text: string, maximum: number, pattern: RegExp, rule: string): readonly string[] {
  return [...(text.length > maximum ? [atMost(maximum)] : []), ...(pattern.test(text) ? [] : [rule])]
}

/** RFC 1123: names of Services, Namespaces, containers and Service ports. */
export function dnsLabel(text: string): readonly string[] {
  return check(text, 63, IS_LABEL, LABEL_RULE)
}

/** RFC 1123: names of most objects. */
export function dnsSubdomain(text: string): readonly string[] {
  return check(text, 253, IS_SUBDOMAIN, SUBDOMAIN_RULE)
}

/** `name` or `example.com/name`: keys of labels and annotations, appProtocol, loadBalancerClass. */
export function qualifiedName(text: string): readonly string[] {
  const parts = text.split('/')
  if (parts.length > 2) {
    return [
      `a qualified name ${QUALIFIED_RULE} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const name = parts.at(-1) ?? ''
  const prefix = parts.length === 2 ? parts[0] : undefined
  const problems: string[] = []
  if (prefix === '') problems.push('prefix part must be non-empty')
  else if (prefix !== undefined) problems.push(...dnsSubdomain(prefix).map((message) => `prefix part ${message}`))
  if (name === '') problems.push('name part must be non-empty')
  else if (name.length > 63) problems.push(`name part ${atMost(63)}`)
  if (!IS_QUALIFIED.test(name)) problems.push(`name part ${QUALIFIED_RULE}`)
  return problems
}

export function labelValue(text: string): readonly string[] {
  return check(text, 63, IS_LABEL_VALUE, LABEL_VALUE_RULE)
}

/** Keys of ConfigMaps and Secrets. */
export function configKey(text: string): readonly string[] {
  const problems = [...check(text, 253, IS_CONFIG_KEY, CONFIG_KEY_RULE)]
  if (text === '.' || text === '..') problems.push(`must not be '${text}'`)
  else if (text.startsWith('..')) problems.push("must not start with '..'")
  return problems
}

/** RFC 6335: names of container ports and named targetPorts. */
export function portName(text: string): readonly string[] {
  const problems: string[] = []
  if (text.length > 15) problems.push(atMost(15))
  if (!/^[-a-z0-9]+$/.test(text)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(text)) problems.push('must contain at least one letter (a-z)')
  if (text.includes('--')) problems.push('must not contain consecutive hyphens')
  if (text.startsWith('-') || text.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

export function portNumber(port: number): readonly string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive']
}

/** An address as Kubernetes 1.36 reads it: no leading zeros, no IPv4-mapped IPv6. */
export function ipAddress(text: string): readonly string[] {
  return parseIP(text) === undefined ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : []
}

/** A range without host bits. */
export function cidrRange(text: string): readonly string[] {
  const cidr = parseCIDR(text)
  const address = parseIP(text.split('/')[0] ?? '')
  if (cidr === undefined || address === undefined) {
    return ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']
  }
  return address.value === cidr.base ? [] : [`must not have bits set beyond the prefix length (${formatCIDR(cidr)})`]
}

/** The canonical text where `text` is an address written otherwise; undefined where there is nothing to say. */
export function canonicalIP(text: string): string | undefined {
  const ip = parseIP(text)
  const canonical = ip === undefined ? text : formatIP(ip)
  return canonical === text ? undefined : canonical
}

/** Read once: every endpoint is compared with them. */
const rangesOf = (...texts: readonly string[]): readonly CIDR[] => texts.flatMap((text) => parseCIDR(text) ?? [])
const RANGES = {
  loopback: rangesOf('127.0.0.0/8', '::1/128'),
  linkLocal: rangesOf('169.254.0.0/16', 'fe80::/10'),
  linkLocalMulticast: rangesOf('224.0.0.0/24', 'ff02::/16'),
}
const within = (ip: IP, ranges: readonly CIDR[]): boolean => ranges.some((range) => cidrContains(range, ip))

/** Addresses that cannot be an endpoint or an external IP, since they mean something else on every machine. */
export function nonSpecialIP(text: string): readonly string[] {
  const ip = parseIP(text)
  if (ip === undefined) return ipAddress(text)
  if (ip.value === 0n) return ['may not be unspecified']
  if (within(ip, RANGES.loopback)) return ['may not be in the loopback range (127.0.0.0/8, ::1/128)']
  if (within(ip, RANGES.linkLocal)) return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)']
  if (within(ip, RANGES.linkLocalMulticast)) {
    return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)']
  }
  return []
}
