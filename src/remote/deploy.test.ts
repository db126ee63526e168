import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fieldOf, type JsonValue } from '../manifest/node.ts'
import { parseManifest } from '../manifest/parse.ts'
import { parseKubeconfig } from './kubeconfig.ts'
import { dnsSources, proxySources, type Source } from './source.ts'

function objectsOf(file: string): readonly { readonly kind: string; readonly value: JsonValue }[] {
  const path = new URL(`../../deploy/${file}`, import.meta.url)
  const { objects, diagnostics } = parseManifest(readFileSync(path, 'utf8'), file)
  expect(diagnostics.filter(({ code }) => code !== 'unsupported-kind')).toEqual([])
  return objects
}

function listOf(value: JsonValue, field: string): readonly JsonValue[] {
  const list = fieldOf(value, field)
  return Array.isArray(list) ? list : []
}

describe.each<[string, readonly Source[], readonly string[]]>([
  ['proxy.yaml', proxySources('n'), ['create,patch /events']],
  ['dns.yaml', dnsSources(true), []],
])('deploy/%s', (file, sources, written) => {
  test('allows to list and watch what is followed, to write what is written, and nothing else', () => {
    const role = objectsOf(file).find(({ kind }) => kind === 'ClusterRole')
    const allowed = listOf(role?.value ?? null, 'rules').flatMap((rule) =>
      listOf(rule, 'apiGroups').flatMap((group) =>
        listOf(rule, 'resources').map(
          (resource) => `${listOf(rule, 'verbs').map(text).join()} ${text(group)}/${text(resource)}`,
        ),
      ),
    )
    const followed = sources.map(({ path }) => {
      const [, api, ...rest] = path.split('/')
      return `list,watch ${api === 'apis' ? rest[0] : ''}/${path.split('/').at(-1)}`
    })
    expect(allowed.toSorted()).toEqual([...followed, ...written].toSorted())
  })
})

test('Pods that have ended are not asked for: they have no names', () => {
  expect(dnsSources(true).find(({ kind }) => kind === 'Pod')?.fieldSelector).toBe(
    'status.phase!=Succeeded,status.phase!=Failed,status.phase!=Unknown',
  )
})

test('the kubeconfig of deploy/proxy.yaml can be read', () => {
  const map = objectsOf('proxy.yaml').find(({ kind }) => kind === 'ConfigMap')
  const kubeconfig = fieldOf(fieldOf(map?.value ?? null, 'data') ?? null, 'kubeconfig')
  const account = '/var/run/secrets/kubernetes.io/serviceaccount'
  expect(parseKubeconfig(text(kubeconfig), '/etc/portolan/kubeconfig')).toEqual({
    server: 'https://API-SERVER:6443',
    insecure: false,
    authority: { file: `${account}/ca.crt` },
    tokenFile: `${account}/token`,
  })
})

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
