/** Where the way to the API server stands: in a kubeconfig, or in the files of a Pod's service account. */
import { existsSync, readFileSync } from 'node:fs'
import { readFailure } from '../lib/read-failure.ts'
import { KubeconfigError, type Material, parseKubeconfig, type ServerAccess } from './kubeconfig.ts'

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface AccessOptions {
  /** A path; without it, the Pod's own service account. */
  readonly kubeconfig?: string
  readonly context?: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Folder of the service account's files. */
  readonly serviceAccount?: string
}

/** Read anew each time, since files and their credentials are replaced while the program runs. Throws a KubeconfigError. */
export function readAccess(options: AccessOptions): ServerAccess {
  const { kubeconfig, context } = options
  return kubeconfig === undefined
    ? podAccess(options)
    : parseKubeconfig(readText(kubeconfig, 'kubeconfig'), kubeconfig, context)
}

/** As every Pod has it. */
function podAccess({ environment, serviceAccount = SERVICE_ACCOUNT }: AccessOptions): ServerAccess {
  const [host, port] = [environment['KUBERNETES_SERVICE_HOST'] ?? '', environment['KUBERNETES_SERVICE_PORT'] ?? '443']
  const tokenFile = `${serviceAccount}/token`
  if (host === '' || !existsSync(tokenFile))
    throw new KubeconfigError('no --kubeconfig, and this is no Pod with a service account: give --kubeconfig FILE')
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    insecure: false,
    authority: { file: `${serviceAccount}/ca.crt` },
    tokenFile,
  }
}

/** What a request carries to be let in. */
export interface Credentials {
  readonly authority?: string
  readonly certificate?: string
  readonly key?: string
  /** The value of the header. */
  readonly authorization?: string
}

/** Throws a KubeconfigError for a file that cannot be read. */
export function readCredentials(access: ServerAccess): Credentials {
  const { authority, certificate, key } = access
  const authorization = authorizationOf(access)
  return {
    ...(authority === undefined ? {} : { authority: pemOf(authority, 'certificate authority') }),
    ...(certificate === undefined ? {} : { certificate: pemOf(certificate, 'client certificate') }),
    ...(key === undefined ? {} : { key: pemOf(key, 'client key') }),
    ...(authorization === undefined ? {} : { authorization }),
  }
}

function authorizationOf({ token, tokenFile, basic }: ServerAccess): string | undefined {
  if (tokenFile !== undefined) return `Bearer ${readText(tokenFile, 'token').trim()}`
  if (token !== undefined) return `Bearer ${token}`
  if (basic === undefined) return undefined
  return `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`
}

function pemOf(material: Material, what: string): string {
  return 'pem' in material ? material.pem : readText(material.file, what)
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new KubeconfigError(`${path}: the ${what} cannot be read: ${readFailure(error)}`)
  }
}
