/** Paths of the proxy subresource: everything behind `/proxy` is the back end's. */
import { KINDS } from '../../../api/kinds.ts'

export interface ProxyPath {
  readonly kind: 'Pod' | 'Service' | 'Node'
  readonly namespace?: string
  readonly scheme: 'http' | 'https'
  readonly name: string
  /** A number or a name; empty where the path has none. */
  readonly port: string
  /** Up to and with `/proxy`, as the client wrote it: what links are written anew with. */
  readonly prefix: string
  /** What the back end is asked for, as the client wrote it, with its query; empty for a bare `/proxy`. */
  readonly rest: string
}

const PATH = /^(\/api\/v1(?:\/namespaces\/([^/?]+))?\/(pods|services|nodes)\/([^/?]+)\/proxy)(\/[^?]*)?(\?.*)?$/

/** `url`: path and query of a request. Undefined where it is no such path. */
export function parseProxyPath(url: string): ProxyPath | undefined {
  const [, prefix = '', namespace, plural, target = '', path = '', query = ''] = PATH.exec(url) ?? []
  const kind = (['Pod', 'Service', 'Node'] as const).find((known) => KINDS[known].plural === plural)
  if (kind === undefined || KINDS[kind].namespaced !== (namespace !== undefined)) return undefined
  const decoded = decode(target)
  const parts = decoded?.split(':') ?? []
  if (decoded === undefined || decoded === '' || parts.length > 3) return undefined
  const [scheme, name = '', port = ''] = parts.length === 3 ? parts : ['', ...parts]
  if (!['', 'http', 'https'].includes(scheme ?? '') || name === '') return undefined
  return {
    kind,
    ...(namespace !== undefined && { namespace: decode(namespace) ?? '' }),
    scheme: scheme === 'https' ? 'https' : 'http',
    name,
    port,
    prefix,
    rest: path === '' ? '' : path + query,
  }
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // A percent sign without its two digits.
    return undefined
  }
}
