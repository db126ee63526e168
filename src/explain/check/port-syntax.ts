/** The two forms of port names and the range of port numbers. */
import { dnsLabel, portName } from '../../api/syntax.ts'

export function isInRange(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535
}

/** What is wrong with a Service port's name (DNS label), in few words; undefined where it is right. */
export function servicePortNameFault(name: string): string | undefined {
  if (dnsLabel(name).length === 0) return undefined
  if (name.length > 63) return `${name.length} characters, 63 are allowed`
  return 'only a-z, 0-9 and - are allowed, and no - at an end'
}

/** What is wrong with a container port's name or a named targetPort (RFC 6335); undefined where it is right. */
export function portNameFault(name: string): string | undefined {
  if (portName(name).length === 0) return undefined
  if (name.length > 15) return `${name.length} characters, 15 are allowed`
  if (!/^[-a-z0-9]+$/.test(name)) return 'only a-z, 0-9 and - are allowed'
  return /[a-z]/.test(name) ? 'no - at an end, and no two in a row' : 'at least one letter is needed'
}

/** The nearest legal name: lower case, hyphens. */
export function normalizedName(name: string, maximum: number): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return plain.slice(0, maximum).replaceAll(/^-+|-+$/g, '')
}

export function isDigits(text: string): boolean {
  return /^\d+$/.test(text)
}
