/** For tests: one verb a function, as typed Go clients have them. Each throws where the server refuses. */
import type { Answer, ApiClient, Body, Watch } from './api-client.ts'
import { encodeProtobuf } from './protobuf.ts'

export type Encoding = 'JSON' | 'protobuf'
type Fields = Readonly<Record<string, unknown>>

export interface TypedClient {
  create(path: string, object: Fields): Promise<Body>
  get(path: string): Promise<Body>
  list(path: string, labels?: string): Promise<Body>
  update(path: string, object: object): Promise<Body>
  /** A merge patch, unless it is said to be another. */
  patch(path: string, patch: object, form?: 'merge-patch' | 'strategic-merge-patch' | 'json-patch'): Promise<Body>
  delete(path: string): Promise<Body>
  deleteCollection(path: string, labels: string): Promise<Body>
  watch(path: string, from: Body, labels: string): Promise<Watch>
}

export function createTypedClient(api: ApiClient, encoding: Encoding): TypedClient {
  const type = encoding === 'JSON' ? 'application/json' : 'application/vnd.kubernetes.protobuf'
  const headers = { 'content-type': type, accept: 'application/vnd.kubernetes.protobuf,application/json' }
  const encoded = (object: object): object => (encoding === 'JSON' ? object : encodeProtobuf(object as Fields))
  const send = async (method: string, path: string, object: object): Promise<Body> =>
    accepted(`${method} ${path}`, await api.call(path, { method, headers, body: encoded(object) }))
  const deleted = (path: string): Promise<Body> => send('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions' })
  const get = async (path: string): Promise<Body> => accepted(`GET ${path}`, await api.call(path))
  return {
    create: (path, object) => send('POST', path, object),
    get,
    list: (path, labels) => get(`${path}${labels === undefined ? '' : `?labelSelector=${encodeURIComponent(labels)}`}`),
    update: (path, object) => send('PUT', path, object),
    async patch(path, body, form = 'merge-patch') {
      const call = { method: 'PATCH', headers: { 'content-type': `application/${form}+json` }, body }
      return accepted(`PATCH ${path}`, await api.call(path, call))
    },
    delete: deleted,
    deleteCollection: (path, labels) => deleted(`${path}?labelSelector=${encodeURIComponent(labels)}`),
    watch: (path, from, labels) => {
      const version = from.metadata.resourceVersion
      return api.watch(`${path}?watch=true&labelSelector=${encodeURIComponent(labels)}&resourceVersion=${version}`)
    },
  }
}

function accepted(what: string, { code, text, body }: Answer): Body {
  if (code !== 200 && code !== 201) throw new Error(`${what}: ${code} ${text}`)
  return body
}
