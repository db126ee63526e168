import { describe, expect, test } from 'vitest'
import { KubeconfigError, parseKubeconfig } from './kubeconfig.ts'

const pem = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n'
const data = Buffer.from(pem).toString('base64')

function config(cluster: string, user = 'token: t', more = ''): string {
  return `apiVersion: v1
kind: Config
current-context: here
clusters:
- name: one
  cluster: {${cluster}}
contexts:
- name: here
  context: {cluster: one, user: me}
users:
- name: me
  user: {${user}}
${more}`
}

const https = 'server: "https://10.0.0.1:6443"'

describe('what a kubeconfig gives', () => {
  test.each<[string, string, string, object]>([
    ['a token', https, 'token: abc', { token: 'abc', insecure: false }],
    ['a file with a token, from the folder of the kubeconfig', https, 'tokenFile: t', { tokenFile: '/etc/kube/t' }],
    ['an absolute path', https, 'tokenFile: /run/t', { tokenFile: '/run/t' }],
    ['a password', https, 'username: u, password: p', { basic: { username: 'u', password: 'p' } }],
    [
      'a client certificate in files',
      https,
      'client-certificate: c.pem, client-key: k.pem',
      { certificate: { file: '/etc/kube/c.pem' }, key: { file: '/etc/kube/k.pem' } },
    ],
    [
      'a client certificate inside, which wins',
      https,
      `client-certificate-data: ${data}, client-certificate: c, client-key: k.pem`,
      { certificate: { pem } },
    ],
    ['the authority inside', `${https}, certificate-authority-data: ${data}`, '', { authority: { pem } }],
    ['the authority in a file', `${https}, certificate-authority: ca`, '', { authority: { file: '/etc/kube/ca' } }],
    ['no check of the certificate', `${https}, insecure-skip-tls-verify: true`, '', { insecure: true }],
    ['another name', `${https}, tls-server-name: kubernetes`, '', { serverName: 'kubernetes' }],
    ['a path, and a slash too many', 'server: "https://h/k8s/"', '', { server: 'https://h/k8s' }],
    ['http where it says so', 'server: "http://127.0.0.1:8080"', '', { server: 'http://127.0.0.1:8080' }],
  ])('%s', (_, cluster, user, expected) => {
    expect(parseKubeconfig(config(cluster, user), '/etc/kube/config')).toMatchObject(expected)
  })

  test('another context than the current one', () => {
    const text = config(https).replace('name: here', 'name: there')
    expect(parseKubeconfig(text, 'k', 'there')).toMatchObject({ token: 't' })
  })
})

describe('what is refused, with its place', () => {
  test.each<[string, string, string]>([
    ['no YAML', 'clusters: [', 'k:1:'],
    ['another object', 'apiVersion: v1\nkind: Service\n', 'k:1:1: this is no kubeconfig: it lacks "kind: Config"'],
    ['nothing', '', 'k:1:1: this is no kubeconfig'],
    [
      'an unknown context',
      config(https).replace('current-context: here', 'current-context: hero'),
      'k:3:18: there is no context "hero" in contexts: did you mean here?',
    ],
    ['an unknown user', config(https).replace('user: me', 'user: you'), 'k:9:33: there is no user "you" in users'],
    [
      'no context',
      config(https).replace('current-context: here', ''),
      'there is no current-context: name one with --context',
    ],
    [
      'no server',
      config('insecure-skip-tls-verify: true'),
      'k:6:12: server must be an address such as https://10.0.0.1:6443: found nothing',
    ],
    ['another protocol', config('server: "ftp://x"'), 'k:6:21: server must be an address'],
    ['a proxy', config(`${https}, proxy-url: "http://p"`), 'a proxy on the way to the server is not supported'],
    [
      'a program',
      config(https, 'exec: {command: aws, apiVersion: x}'),
      'k:12:10: credentials from a program (exec: aws) are not supported: use a token',
    ],
    [
      'an auth-provider',
      config(https, 'auth-provider: {name: oidc}'),
      'credentials from an auth-provider are not supported',
    ],
    ['somebody else', config(https, 'token: t, as: admin'), 'to act as somebody else (as) is not supported'],
    ['half a pair', config(https, 'client-key: k'), 'client-certificate and client-key go together'],
    [
      'no PEM',
      config(`${https}, certificate-authority-data: aGVsbG8=`),
      'certificate-authority-data is not PEM in Base64',
    ],
  ])('%s', (_, text, message) => {
    expect(() => parseKubeconfig(text, 'k')).toThrow(KubeconfigError)
    expect(() => parseKubeconfig(text, 'k')).toThrow(message)
  })
})
