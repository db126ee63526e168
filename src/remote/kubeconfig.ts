/** A kubeconfig: which server, how to know it, and how to be known to it. */
import { dirname, resolve } from 'node:path'
import { composePiece } from '../manifest/compose.ts'
import { entryOf, isJsonObject, placeOf, type SourceEntry, type SourceNode } from '../manifest/node.ts'
import { cutPieces } from '../manifest/pieces.ts'
import { rangeAt, type SourceText, sourceText } from '../manifest/source.ts'
import { suggest } from '../manifest/suggest.ts'

/** PEM: in the kubeconfig itself, or in a file, which may be replaced while the program runs. */
export type Material = { readonly pem: string } | { readonly file: string }

export interface ServerAccess {
  /** `https://10.0.0.1:6443`, with a path where there is one; without a slash at the end. */
  readonly server: string
  /** What the certificate must be made out to, where that is not the server's host. */
  readonly serverName?: string
  /** The server's certificate is not looked at. */
  readonly insecure: boolean
  /** Of the server's certificate; without it those that Node knows. */
  readonly authority?: Material
  readonly certificate?: Material
  readonly key?: Material
  readonly token?: string
  /** Wins over `token`; a service account's is replaced about each hour. */
  readonly tokenFile?: string
  readonly basic?: { readonly username: string; readonly password: string }
}

/** A kubeconfig that cannot be used: one line for each reason, with its place. */
export class KubeconfigError extends Error {}

interface Reader {
  readonly source: SourceText
  readonly problems: string[]
}

/** `context`: default is the file's current one. Throws a KubeconfigError. */
export function parseKubeconfig(text: string, file: string, context?: string): ServerAccess {
  const reader: Reader = { source: sourceText(file, text), problems: [] }
  const root = readRoot(reader)
  const access = root === undefined ? undefined : readAccess(reader, root, context)
  if (access === undefined || reader.problems.length > 0) throw new KubeconfigError(reader.problems.join('\n'))
  return access
}

function complain({ source, problems }: Reader, at: { start: number; end: number }, message: string): undefined {
  const { file, line, column } = rangeAt(source, at.start, at.end)
  problems.push(`${file}:${line}:${column}: ${message}`)
}

function readRoot(reader: Reader): SourceNode | undefined {
  const { source } = reader
  const documents = cutPieces(source.text).flatMap((piece) => {
    const { documents, failure } = composePiece(source, piece)
    for (const { file, line, column, message } of [failure ?? [], ...documents.map((one) => one.diagnostics)].flat())
      reader.problems.push(`${file}:${line}:${column}: ${message}`)
    return documents.map(({ node }) => node).filter(({ value }) => value !== null)
  })
  const [root] = documents
  if (reader.problems.length > 0) return undefined
  const isConfig = root !== undefined && isJsonObject(root.value) && root.value['kind'] === 'Config'
  if (isConfig) return root
  return complain(reader, root ?? { start: 0, end: 0 }, 'this is no kubeconfig: it lacks "kind: Config"')
}

function readAccess(reader: Reader, root: SourceNode, wanted: string | undefined): ServerAccess | undefined {
  const current = entryOf(root, 'current-context')
  const name = wanted ?? textOf(current)
  if (name === '') return complain(reader, root, 'there is no current-context: name one with --context')
  const at = wanted === undefined && current !== undefined ? current : undefined
  const context = named(reader, root, 'contexts', 'context', name, at)
  if (context === undefined) return undefined
  const [clusterName, userName] = [entryOf(context, 'cluster'), entryOf(context, 'user')]
  const cluster = named(reader, root, 'clusters', 'cluster', textOf(clusterName), clusterName)
  if (cluster === undefined) return undefined
  const user = userName && named(reader, root, 'users', 'user', textOf(userName), userName)
  if (userName !== undefined && user === undefined) return undefined
  const server = readServer(reader, cluster)
  return server && { ...server, ...(user === undefined ? {} : readUser(reader, user)) }
}

/** The inner mapping of the entry `name` of a list such as `clusters`. */
function named(
  reader: Reader,
  root: SourceNode,
  list: string,
  inner: string,
  name: string,
  place: SourceEntry | undefined,
): SourceNode | undefined {
  const items = entryOf(root, list)?.node.entries ?? []
  const found = items.find(({ node }) => textOf(entryOf(node, 'name')) === name)
  const mapping = found === undefined ? undefined : entryOf(found.node, inner)?.node
  if (mapping !== undefined) return mapping
  const near = suggest(
    name,
    items.map(({ node }) => textOf(entryOf(node, 'name'))),
  )
  const where = place === undefined ? root : placeOf(place)
  const hint = near === undefined || near === name ? '' : `: did you mean ${near}?`
  return complain(reader, where, `there is no ${inner} ${JSON.stringify(name)} in ${list}${hint}`)
}

function textOf(entry: SourceEntry | undefined): string {
  const value = entry?.node.value
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function readServer(reader: Reader, cluster: SourceNode): ServerAccess | undefined {
  const entry = entryOf(cluster, 'server')
  const server = textOf(entry).replace(/\/+$/, '')
  if (!/^https?:\/\/[^/]/.test(server) || !URL.canParse(server)) {
    const found = server === '' ? 'nothing' : JSON.stringify(server)
    const where = entry === undefined ? cluster : placeOf(entry)
    return complain(reader, where, `server must be an address such as https://10.0.0.1:6443: found ${found}`)
  }
  refuse(reader, cluster, 'proxy-url', 'a proxy on the way to the server is not supported: connect to it directly')
  const serverName = textOf(entryOf(cluster, 'tls-server-name'))
  const authority = readMaterial(reader, cluster, 'certificate-authority')
  return {
    server,
    insecure: entryOf(cluster, 'insecure-skip-tls-verify')?.node.value === true,
    ...(serverName === '' ? {} : { serverName }),
    ...(authority === undefined ? {} : { authority }),
  }
}

const INSTEAD = 'use a token, a tokenFile or a client certificate, such as those of a ServiceAccount (see deploy/)'

function readUser(reader: Reader, user: SourceNode): Partial<ServerAccess> {
  const exec = entryOf(user, 'exec')
  if (exec !== undefined) {
    const program = textOf(entryOf(exec.node, 'command'))
    complain(reader, placeOf(exec), `credentials from a program (exec: ${program}) are not supported: ${INSTEAD}`)
  }
  refuse(reader, user, 'auth-provider', `credentials from an auth-provider are not supported: ${INSTEAD}`)
  for (const field of ['as', 'as-uid', 'as-groups', 'as-user-extra'])
    refuse(reader, user, field, `to act as somebody else (${field}) is not supported`)
  const [certificate, key] = [
    readMaterial(reader, user, 'client-certificate'),
    readMaterial(reader, user, 'client-key'),
  ]
  const [token, tokenFile] = [textOf(entryOf(user, 'token')), textOf(entryOf(user, 'tokenFile'))]
  const [username, password] = [textOf(entryOf(user, 'username')), textOf(entryOf(user, 'password'))]
  if ((certificate === undefined) !== (key === undefined))
    complain(reader, user, 'client-certificate and client-key go together: one of them is missing')
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(token === '' ? {} : { token }),
    ...(tokenFile === '' ? {} : { tokenFile: pathOf(reader, tokenFile) }),
    ...(username === '' ? {} : { basic: { username, password } }),
  }
}

function refuse(reader: Reader, node: SourceNode, field: string, message: string): void {
  const entry = entryOf(node, field)
  if (entry !== undefined && entry.node.value !== null) complain(reader, placeOf(entry), message)
}

/** `NAME-data` in Base64 wins over the file `NAME`, which counts from the kubeconfig's folder. */
function readMaterial(reader: Reader, node: SourceNode, name: string): Material | undefined {
  const data = entryOf(node, `${name}-data`)
  if (data !== undefined && textOf(data) !== '') {
    const pem = Buffer.from(textOf(data), 'base64').toString('latin1')
    if (pem.includes('-----BEGIN ')) return { pem }
    return complain(reader, placeOf(data), `${name}-data is not PEM in Base64`)
  }
  const file = textOf(entryOf(node, name))
  return file === '' ? undefined : { file: pathOf(reader, file) }
}

function pathOf({ source }: Reader, path: string): string {
  return resolve(dirname(source.file), path)
}
