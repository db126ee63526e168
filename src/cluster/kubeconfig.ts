export interface KubeconfigParts {
  /** Of the network: its context is `portolan-NAME`. */
  readonly name: string
  /** `https://127.0.0.1:6443` */
  readonly server: string
  /** PEM. */
  readonly authority: string
  readonly token: string
}

export function contextName(network: string): string {
  return `portolan-${network}`
}

/** A kubeconfig with one context. JSON, which is YAML: every value is quoted as it must be. */
export function kubeconfigText({ name, server, authority, token }: KubeconfigParts): string {
  const context = contextName(name)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': context,
    clusters: [
      {
        name: context,
        cluster: { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') },
      },
    ],
    users: [{ name: context, user: { token } }],
    contexts: [{ name: context, context: { cluster: context, user: context, namespace: 'default' } }],
  }
  return `${JSON.stringify(config, null, 2)}\n`
}
