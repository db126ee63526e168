/** Which port a container serves, as far as its manifest tells: facts with their places, strong ones and hints. */
import { imagePorts, imageName } from './known-images.ts'
import { isSet, listAt, type Path, valueAt } from './json.ts'
import type { Container } from './workload.ts'

export interface PortFact {
  readonly port: number
  readonly source: 'containerPort' | 'probe' | 'environment' | 'argument' | 'image'
  /** `PORT=3000`. */
  readonly text: string
  readonly path: Path
}

/** Where a container says that it listens. */
export interface ListenFact {
  readonly source: 'environment' | 'argument'
  /** Empty where only a port is given. */
  readonly host: string
  readonly port: number | undefined
  readonly text: string
  readonly path: Path
}

/** Settings by which programs are told where to listen, and nothing else. */
const LISTEN_VARIABLE =
  /^(?:(?:APP|APPLICATION|SERVER|HTTP|LISTEN|WEB|NODE|FLASK(?:_RUN)?|UVICORN|GUNICORN|VITE|NEXT|BIND|LISTENING)_)?(?:PORT|ADDR|ADDRESS|LISTEN|BIND)$|^(?:BIND|LISTEN)_?(?:HOST|IP|ADDR|ADDRESS)$|^(?:SERVER|LISTEN|BIND|FLASK_RUN|UVICORN|WEB|APP)_HOST$|^HOST$|^ASPNETCORE_(?:URLS|HTTP_PORTS)$/
const LISTEN_FLAG =
  /^--?(?:(?:http|https|web|server|api|grpc)[-_.])?(?:port|listen|bind|addr|address|host)(?:[-_.]?(?:addr|address|port|host|ip|on))?$/
const ADDRESS = /^(?:\w+:\/\/)?(\[[0-9a-fA-F:]*\]|[A-Za-z0-9.*+-]*):(\d{1,5})\/?$/
const HOST = /^(?:\d{1,3}(?:\.\d{1,3}){3}|localhost|::1?|\[::1?\]|\*)$/

function readAddress(text: string): { host: string; port: number | undefined } | undefined {
  if (/^\d{1,5}$/.test(text)) return { host: '', port: Number(text) }
  if (HOST.test(text)) return { host: text.replaceAll(/[[\]]/g, ''), port: undefined }
  const match = ADDRESS.exec(text)
  return match === null ? undefined : { host: (match[1] ?? '').replaceAll(/[[\]]/g, ''), port: Number(match[2]) }
}

/** `--flag=value` and `--flag value`; a shell script is taken apart at its blanks. */
function flagsOf(container: Container): readonly { flag: string; value: string; path: Path }[] {
  const words = container.words.flatMap(({ text, path }) =>
    text.split(/[\s"';]+/).flatMap((word) => (word === '' ? [] : { word, path })),
  )
  return words.flatMap(({ word, path }, i) => {
    const [flag = '', ...rest] = word.split('=')
    if (!flag.startsWith('-')) return []
    return { flag, value: rest.length > 0 ? rest.join('=') : (words[i + 1]?.word ?? ''), path }
  })
}

const listenFactsOf = new WeakMap<Container, readonly ListenFact[]>()

/** Where the container is told to listen, by flags and variables that mean nothing else; found once. */
export function listenFacts(container: Container): readonly ListenFact[] {
  let facts = listenFactsOf.get(container)
  if (facts === undefined) {
    facts = readListenFacts(container)
    listenFactsOf.set(container, facts)
  }
  return facts
}

function readListenFacts(container: Container): readonly ListenFact[] {
  const flags = flagsOf(container).flatMap(({ flag, value, path }): ListenFact[] => {
    const address = LISTEN_FLAG.test(flag) ? readAddress(value) : undefined
    return address === undefined ? [] : [{ source: 'argument', ...address, text: `${flag}=${value}`, path }]
  })
  const variables = container.env.flatMap(({ name, value, path }): ListenFact[] => {
    const address = value !== undefined && LISTEN_VARIABLE.test(name) ? readAddress(value) : undefined
    const text = `${name}=${value}`
    return address === undefined ? [] : [{ source: 'environment', ...address, text, path: [...path, 'value'] }]
  })
  return [...flags, ...variables]
}

export const PROBES: readonly string[] = ['readinessProbe', 'livenessProbe', 'startupProbe']

export interface ProbePort {
  readonly probe: string
  readonly port: number | string
  readonly path: Path
}

/** Ports that the kubelet itself asks, in `httpGet`, `tcpSocket` and `grpc`. */
export function probePorts({ value, path }: Container): readonly ProbePort[] {
  return PROBES.flatMap((probe) =>
    ['httpGet', 'tcpSocket', 'grpc'].flatMap((form) => {
      const port = valueAt(value, probe, form, 'port')
      const isPort = typeof port === 'number' || typeof port === 'string'
      return isPort ? { probe, port, path: [...path, probe, form, 'port'] } : []
    }),
  )
}

const factsOf = new WeakMap<Container, readonly PortFact[]>()

/** All ports that are evident; empty where the manifest is silent. */
export function portFacts(container: Container): readonly PortFact[] {
  const known = factsOf.get(container)
  if (known !== undefined) return known
  const declared = container.ports.map(({ containerPort, path }): PortFact => {
    const text = `containerPort ${containerPort}`
    return { port: containerPort, source: 'containerPort', text, path: [...path, 'containerPort'] }
  })
  const probed = probePorts(container).flatMap(({ port, probe, path }): PortFact[] =>
    typeof port === 'number' ? [{ port, source: 'probe', text: `${probe} on ${port}`, path }] : [],
  )
  const told = listenFacts(container).flatMap(({ port, source, text, path }): PortFact[] =>
    port === undefined ? [] : [{ port, source, text, path }],
  )
  const facts = [...declared, ...probed, ...told, ...imageFacts(container, told.length > 0)]
  factsOf.set(container, facts)
  return facts
}

function imageFacts(container: Container, isTold: boolean): readonly PortFact[] {
  if (isTold) return []
  return imagePorts(container.image).map((port) => ({
    port,
    source: 'image',
    text: `port ${port} of image ${imageName(container.image)}`,
    path: [...container.path, 'image'],
  }))
}

/** Whether the image alone decides: nothing in the manifest could make its program listen elsewhere. */
export function isImageCertain(container: Container): boolean {
  const fields = ['command', 'args', 'env', 'envFrom', 'volumeMounts', 'lifecycle']
  return imagePorts(container.image).length > 0 && fields.every((field) => !isSet(container.value, field, 0))
}

/** Whether a number stands anywhere in the container's settings: too weak to accuse, enough to keep quiet. */
export function mentions(container: Container, port: number): boolean {
  const number = new RegExp(`(?:^|\\D)${port}(?:\\D|$)`)
  return [...container.words.map(({ text }) => text), ...container.env.map(({ value = '' }) => value)].some((text) =>
    number.test(text),
  )
}

/** Names of the ConfigMaps that the container's variables and the Pod's volumes come from. */
export function configMapNames(podSpec: Container['value']): readonly string[] {
  const volumes = listAt(podSpec, 'volumes').flatMap((volume) => [
    valueAt(volume, 'configMap', 'name'),
    ...listAt(volume, 'projected', 'sources').map((source) => valueAt(source, 'configMap', 'name')),
  ])
  const variables = listAt(podSpec, 'containers').flatMap((container) => [
    ...listAt(container, 'envFrom').map((source) => valueAt(source, 'configMapRef', 'name')),
    ...listAt(container, 'env').map((entry) => valueAt(entry, 'valueFrom', 'configMapKeyRef', 'name')),
  ])
  return [...volumes, ...variables].filter((name) => typeof name === 'string')
}
