import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { podOf } from '../../../test/kubelet/bench.ts'
import type { Container, Volume } from '../../api/core.ts'
import type { AnyObject } from '../../api/kinds.ts'
import { snapshotOf } from '../../model/snapshot.ts'
import { writeAtomically } from './atomic-writer.ts'
import { containerMounts } from './container-mounts.ts'
import { volumePayload, type PayloadSource } from './payload.ts'
import { createPodVolumes, type PreparedVolumes } from './pod-volumes.ts'

/** Bound to each other. */
function claimAndVolume(name: string, source: object): readonly AnyObject[] {
  const volumeName = `volume-${name}`
  return [
    {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: volumeName },
      spec: { accessModes: [], ...source },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'default' },
      spec: { volumeName },
      status: { phase: 'Bound' },
    },
  ]
}

const snapshot = snapshotOf([
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'default' },
    data: { a: 'one', b: 'two' },
    binaryData: { c: 'AP8=' },
  },
  { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys', namespace: 'default' }, data: { key: 'czNjcmV0' } },
  ...claimAndVolume('data', { csi: { driver: 'portolan.dev/folder', volumeHandle: 'default/data' } }),
  ...claimAndVolume('on-host', { hostPath: { path: '/' } }),
  ...claimAndVolume('nowhere', { local: { path: '/no/such/disk' } }),
  ...claimAndVolume('remote', { nfs: { server: 's', path: '/' } }),
  { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'unbound', namespace: 'default' } },
])
const pod = podOf(
  { containers: [{ name: 'a', resources: { limits: { memory: '64Mi' } } }] },
  { labels: { app: 'web', 'a.b/c': 'quo"te' }, annotations: { x: '1' } },
)
const source: PayloadSource = {
  pod,
  snapshot,
  addresses: { podIP: '10.244.1.2', hostIP: '192.168.1.100' },
  tokenFor: ({ audience }) => (audience === 'nobody' ? undefined : `token for ${audience ?? 'the API server'}`),
}
const show = (volume: Omit<Volume, 'name'>): readonly string[] | undefined => {
  const payload = volumePayload({ name: 'v', ...volume }, source)
  if (payload === undefined) return undefined
  const files = payload.files.map(
    ({ path, data, mode }) => `${mode.toString(8)} ${path} ${Buffer.from(data).toString('latin1')}`,
  )
  return [...files, ...payload.problems, ...payload.notes]
}

describe('payload', () => {
  test.each<[string, Omit<Volume, 'name'>, readonly string[] | undefined]>([
    ['emptyDir', { emptyDir: {} }, undefined],
    ['all of a ConfigMap', { configMap: { name: 'settings' } }, ['644 a one', '644 b two', '644 c \0ÿ']],
    [
      'items with modes',
      {
        configMap: {
          name: 'settings',
          defaultMode: 0o400,
          items: [
            { key: 'a', path: 'x/y' },
            { key: 'b', path: 'z', mode: 0o777 },
          ],
        },
      },
      ['400 x/y one', '777 z two'],
    ],
    ['a Secret', { secret: { secretName: 'keys', defaultMode: 0o440 } }, ['440 key s3cret']],
    ['nothing of the name', { secret: { secretName: 'no' } }, ['secret "no" not found']],
    ['an optional one', { configMap: { name: 'no', optional: true } }, []],
    [
      'an absent key',
      { configMap: { name: 'settings', items: [{ key: 'q', path: 'q' }] } },
      ['references non-existent config key: q'],
    ],
    ['an optional key', { configMap: { name: 'settings', optional: true, items: [{ key: 'q', path: 'q' }] } }, []],
    [
      'fields of the Pod',
      {
        downwardAPI: {
          items: [
            { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
            { path: 'ip', fieldRef: { fieldPath: 'status.podIP' }, mode: 0o600 },
            { path: 'memory', resourceFieldRef: { containerName: 'a', resource: 'limits.memory', divisor: '1Mi' } },
            { path: 'bad', fieldRef: { fieldPath: 'spec.nope' } },
          ],
        },
      },
      [
        '644 labels a.b/c="quo\\"te"\napp="web"',
        '600 ip 10.244.1.2',
        '644 memory 64',
        'unsupported fieldPath: spec.nope',
      ],
    ],
    [
      'projected',
      {
        projected: {
          defaultMode: 0o444,
          sources: [
            { secret: { name: 'keys' } },
            { configMap: { name: 'settings', items: [{ key: 'a', path: 'a' }] } },
            { serviceAccountToken: { path: 'token' } },
          ],
        },
      },
      ['444 key s3cret', '444 a one', '444 token token for the API server'],
    ],
    [
      'a token of a ServiceAccount that is not there',
      { projected: { sources: [{ serviceAccountToken: { path: 'token', audience: 'nobody' } }] } },
      ['serviceaccounts "default" not found'],
    ],
  ])('%s', (_name, volume, wanted) => expect(show(volume)).toEqual(wanted))
})

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-volumes-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})
const file = (path: string, text: string, mode = 0o644) => ({ path, data: Buffer.from(text), mode })

test('one state of a volume replaces the other as a whole', () => {
  const at = join(folder, 'v')
  writeAtomically(at, [file('a', '1'), file('d/b', '2', 0o400), file('../out', 'x'), file('/abs', 'x')], 'one')
  expect(readlinkSync(join(at, '..data'))).toBe('..one')
  expect(readlinkSync(join(at, 'a'))).toBe('..data/a')
  expect(readlinkSync(join(at, 'd'))).toBe('..data/d')
  expect(statSync(join(at, 'd/b')).mode & 0o777).toBe(0o400)
  expect(existsSync(join(folder, 'out'))).toBe(false)
  writeAtomically(at, [file('a', '3'), file('new', '4')], 'two')
  expect(readdirSync(at).toSorted()).toEqual(['..data', '..two', 'a', 'new'])
  expect(readFileSync(join(at, 'a'), 'utf8')).toBe('3')
  writeAtomically(at, [], 'three')
  expect(readdirSync(at).toSorted()).toEqual(['..data', '..three'])
})

describe('volumes of a Pod', () => {
  const volumes: readonly Volume[] = [
    { name: 'settings', configMap: { name: 'settings' } },
    { name: 'scratch', emptyDir: {} },
    { name: 'claim', persistentVolumeClaim: { claimName: 'data' } },
    { name: 'host', hostPath: { path: '/' } },
    { name: 'nothing', hostPath: { path: '/no/such/folder', type: 'DirectoryOrCreate' } },
  ]
  function prepared(list: readonly Volume[], uid = 'u1'): PreparedVolumes {
    let version = 1
    const own = createPodVolumes(podOf({ volumes: list }, { uid }), {
      directory: folder,
      claims: undefined,
      version: () => String(version++),
    })
    return own.prepare(source)
  }
  const mounts = (volumeMounts: Container['volumeMounts']) =>
    containerMounts({ name: 'a', ...(volumeMounts && { volumeMounts }) }, prepared(volumes), { SUB: 'below' })

  test('are in folders of the Pod; a claim is shared; the host is not written to', () => {
    const { volumes: made, notes, problems } = prepared(volumes)
    expect(problems).toEqual([])
    expect(
      Object.fromEntries(
        [...made].map(([name, { path, readOnly }]) => [name, `${readOnly} ${path.replace(folder, '')}`]),
      ),
    ).toEqual({
      settings: 'true /u1/volumes/settings',
      scratch: 'false /u1/volumes/scratch',
      claim: 'false /claims/default/data',
      host: 'false /',
      nothing: 'false /u1/volumes/nothing',
    })
    expect(notes.get('claim')).toEqual(['persistentVolumeClaim data is a folder of this network, and ends with it'])
    expect(notes.get('nothing')).toEqual([expect.stringContaining('hostPath /no/such/folder does not exist')])
    expect(lstatSync(join(folder, 'u1/volumes/scratch')).mode & 0o777).toBe(0o777)
  })

  test.each<[Volume, string]>([
    [
      { name: 'v', hostPath: { path: '/no/such', type: 'Directory' } },
      'hostPath type check failed: /no/such is not a Directory',
    ],
    [{ name: 'v', hostPath: { path: '/', type: 'Socket' } }, 'hostPath type check failed: / is not a Socket'],
    [{ name: 'v', secret: { secretName: 'no' } }, 'secret "no" not found'],
    [
      { name: 'v', persistentVolumeClaim: { claimName: 'unbound' } },
      'error processing PVC default/unbound: PVC is not bound',
    ],
  ])('%j has to be waited for', (volume, why) => {
    expect(prepared([volume]).problems).toEqual([`MountVolume.SetUp failed for volume "v" : ${why}`])
  })

  test('a claim is what its volume is: a path of the host, or what stands for one', () => {
    const claims = ['on-host', 'nowhere', 'remote', 'none'].map((name) => ({
      name,
      persistentVolumeClaim: { claimName: name },
    }))
    const { volumes: made, notes, absent } = prepared(claims)
    expect([made.get('on-host')?.path, made.get('nowhere')?.path, [...absent]]).toEqual([
      '/',
      join(folder, 'claims/.volumes/volume-nowhere'),
      ['remote'],
    ])
    expect(made.get('none')?.path).toBe(join(folder, 'claims/default/none'))
    expect([...notes.values()]).toEqual([
      [],
      ['persistentVolumeClaim nowhere: /no/such/disk does not exist: it is a folder of this network, and ends with it'],
      ['persistentVolumeClaim remote: nfs volumes are not there in this network: nothing is mounted'],
      ['persistentVolumeClaim none is a folder of this network, and ends with it'],
    ])
  })

  test('a kind that is not there is said', () => {
    const volume: Volume & { nfs: object } = { name: 'v', nfs: { server: 's', path: '/' } }
    const { absent, notes } = prepared([volume])
    expect([...absent]).toEqual(['v'])
    expect(notes.get('v')).toEqual(['nfs volumes are not there in this network: nothing is mounted'])
  })

  test('subPath, subPathExpr, readOnly', () => {
    expect(
      mounts([
        { name: 'settings', mountPath: '/etc/a', subPath: 'a' },
        { name: 'scratch', mountPath: '/s', subPathExpr: 'x/$(SUB)' },
        { name: 'scratch', mountPath: '/r/', readOnly: true },
      ]),
    ).toEqual([
      { source: join(folder, 'u1/volumes/settings/..1/a'), target: '/etc/a', readOnly: true },
      { source: join(folder, 'u1/volumes/scratch/x/below'), target: '/s', readOnly: false },
      { source: join(folder, 'u1/volumes/scratch'), target: '/r/', readOnly: true },
    ])
  })

  test.each([
    [{ name: 'none', mountPath: '/x' }, 'the Pod has no volume "none"'],
    [{ name: 'scratch', mountPath: '/x', subPath: '../..' }, 'subPath "../.." of volume "scratch" leads nowhere'],
    [{ name: 'settings', mountPath: '/x', subPath: 'q' }, 'subPath "q" of volume "settings" leads nowhere'],
  ])('%j cannot be mounted', (mount, why) => expect(mounts([mount])).toBe(why))
})
