import { describe, expect, test } from 'vitest'
import type { Container, Pod, PodSpec, ServiceAccount } from '../api/core.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { admitServiceAccount } from './service-account-admission.ts'

const PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const podOf = (spec: Partial<PodSpec> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { containers: [{ name: 'c' }], ...spec },
})
const account = (name: string, fields: Partial<ServiceAccount>): ServiceAccount => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'shop' },
  ...fields,
})
const snapshot = snapshotOf([
  account('quiet', { automountServiceAccountToken: false }),
  account('puller', { imagePullSecrets: [{ name: 'registry' }] }),
])
const admit = (spec?: Partial<PodSpec>): PodSpec => admitServiceAccount(podOf(spec), snapshot).spec
const mountsOf = (containers: readonly Container[] = []): string[][] =>
  containers.map(({ volumeMounts = [] }) => volumeMounts.map(({ name, mountPath }) => `${name} ${mountPath}`))

test('token, authority and namespace are in one volume, which every container mounts', () => {
  const { volumes, containers, initContainers } = admit({ initContainers: [{ name: 'i' }] })
  const name = volumes?.[0]?.name ?? ''
  expect(name).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
  expect(volumes?.[0]?.projected).toEqual({
    defaultMode: 420,
    sources: [
      { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
  })
  expect(mountsOf([...containers, ...(initContainers ?? [])])).toEqual([[`${name} ${PATH}`], [`${name} ${PATH}`]])
  expect(containers[0]?.volumeMounts?.[0]?.readOnly).toBe(true)
})

describe('whether it is there', () => {
  test.each<[string, Partial<PodSpec>, boolean]>([
    ['an account that does not want it', { serviceAccountName: 'quiet' }, false],
    ['by its old name', { serviceAccount: 'quiet' }, false],
    ['the Pod says otherwise', { serviceAccountName: 'quiet', automountServiceAccountToken: true }, true],
    ['the Pod does not want it', { automountServiceAccountToken: false }, false],
    ['an account that is not there', { serviceAccountName: 'nobody' }, true],
  ])('%s', (_name, spec, wanted) => expect(admit(spec).volumes !== undefined).toBe(wanted))
})

test('what is mounted there already stays, and one of the name is not made twice', () => {
  const own = [{ name: 'mine', mountPath: PATH }]
  const mine = admit({ containers: [{ name: 'c', volumeMounts: own }, { name: 'd' }], volumes: [{ name: 'mine' }] })
  expect(mountsOf(mine.containers)).toEqual([[`mine ${PATH}`], [`${mine.volumes?.[1]?.name} ${PATH}`]])
  expect(admit({ containers: [{ name: 'c', volumeMounts: own }] }).volumes).toBeUndefined()
  const made = admit({ volumes: [{ name: 'kube-api-access-own' }] })
  expect([made.volumes, mountsOf(made.containers)]).toEqual([
    [{ name: 'kube-api-access-own' }],
    [[`kube-api-access-own ${PATH}`]],
  ])
})

test("the account's image pull secrets are the Pod's, where it has none", () => {
  const own = [{ name: 'own' }]
  expect(admit({ serviceAccountName: 'puller' }).imagePullSecrets).toEqual([{ name: 'registry' }])
  expect(admit({ serviceAccountName: 'puller', imagePullSecrets: own }).imagePullSecrets).toEqual(own)
})
