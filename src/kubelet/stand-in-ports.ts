import type { Container, Pod, Protocol } from '../api/core.ts'
import { formatIP, parseIP } from '../lib/ip.ts'

export const LISTEN_ANNOTATION = 'portolan.dev/listen'

export interface StandInPort {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
  /** Absent: all addresses. */
  readonly address?: string
}

export interface StandInPorts {
  readonly ports: readonly StandInPort[]
  /** The annotation names them: nothing else is meant to answer. */
  readonly isChosen: boolean
  /** What is not listened on, a sentence each. */
  readonly notes: readonly string[]
}

/** One entry such as `8080`, `53/udp`, `127.0.0.1:8081`, `[::1]:80/tcp`. */
function parseEntry(
  entry: string,
): { readonly port: number; readonly protocol: Protocol; readonly address?: string } | undefined {
  const [, bracketed, plain, digits = '', suffix = 'tcp'] =
    /^(?:\[([0-9a-fA-F:.]+)\]:|([0-9.]+):)?(\d{1,5})(?:\/(tcp|udp|sctp))?$/i.exec(entry) ?? []
  const text = bracketed ?? plain
  const ip = text === undefined ? undefined : parseIP(text)
  const port = Number(digits)
  if (digits === '' || port > 65535 || (text !== undefined && ip === undefined)) return undefined
  const protocol = suffix.toUpperCase() === 'UDP' ? 'UDP' : suffix.toUpperCase() === 'SCTP' ? 'SCTP' : 'TCP'
  return { port, protocol, ...(ip === undefined ? {} : { address: formatIP(ip) }) }
}

/** The annotation of a container: `portolan.dev/listen.<container>`, or without a name that of the Pod's first container. */
function annotation(pod: Pod, container: Container): string | undefined {
  const annotations = pod.metadata.annotations ?? {}
  const isFirst = pod.spec.containers[0]?.name === container.name
  return annotations[`${LISTEN_ANNOTATION}.${container.name}`] ?? (isFirst ? annotations[LISTEN_ANNOTATION] : undefined)
}

/** Where the stand-in of a container listens: its containerPorts, or what the annotation names. A text is a problem. */
export function standInPorts(pod: Pod, container: Container): StandInPorts | string {
  const text = annotation(pod, container)
  const wanted =
    text === undefined
      ? (container.ports ?? []).map(({ containerPort, protocol = 'TCP' }) => ({ port: containerPort, protocol }))
      : text
          .split(',')
          .map((entry) => entry.trim())
          .filter(Boolean)
          .map((entry) => parseEntry(entry) ?? entry)
  const ports = new Map<string, StandInPort>()
  const notes: string[] = []
  for (const entry of wanted) {
    if (typeof entry === 'string') {
      return `annotation ${LISTEN_ANNOTATION}: ${JSON.stringify(entry)} is not a port such as 8080, 53/udp or 127.0.0.1:8081`
    }
    const { protocol } = entry
    if (protocol === 'SCTP') notes.push(`port ${entry.port}/SCTP: a stand-in cannot listen on SCTP`)
    else ports.set(`${entry.port}/${protocol}`, { ...entry, protocol })
  }
  return { ports: [...ports.values()], isChosen: text !== undefined, notes }
}
