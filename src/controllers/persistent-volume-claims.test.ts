import { describe, expect, test } from 'vitest'
import type { Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../api/storage.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig } from '../model/cluster-config.ts'
import { get, list, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { judgeClaim } from '../model/volume-binding.ts'
import { reconcileToFixedPoint } from './fixed-point.ts'
import { persistentVolumeClaimController } from './persistent-volume-claims.ts'
import { persistentVolumeController } from './persistent-volumes.ts'

const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG)

const claim = (
  uid: string,
  spec: PersistentVolumeClaim['spec'] = {},
  metadata: Partial<PersistentVolumeClaim['metadata']> = {},
): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'shop', name: 'data', uid, ...metadata },
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    storageClassName: 'standard',
    ...spec,
  },
})
const volume = (
  name: string,
  spec: PersistentVolume['spec'] = {},
  metadata: Partial<PersistentVolume['metadata']> = {},
): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name, ...metadata },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    persistentVolumeReclaimPolicy: 'Retain',
    hostPath: { path: '/tmp/disk' },
    ...spec,
  },
})

const storageClass = (name: string, given: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name },
  provisioner: 'disks.example.com',
  ...given,
})
const STANDARD = storageClass('standard')
const LOCAL = storageClass('local', { provisioner: 'kubernetes.io/no-provisioner' })
const LATE = storageClass('late', { volumeBindingMode: 'WaitForFirstConsumer', reclaimPolicy: 'Retain' })
const user = (nodeName?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'db' },
  spec: {
    containers: [],
    volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    ...(nodeName !== undefined && { nodeName }),
  },
})

function settle(objects: readonly AnyObject[]): Snapshot {
  if (!('clusterDomain' in config)) throw new Error(config.join())
  const controllers = [persistentVolumeClaimController, persistentVolumeController]
  return reconcileToFixedPoint(snapshotOf([STANDARD, ...objects]), controllers, config).snapshot
}

const all = ({ objects }: Snapshot): readonly AnyObject[] => [
  ...objects.PersistentVolume.values(),
  ...objects.PersistentVolumeClaim.values(),
]
const volumes = (snapshot: Snapshot): readonly string[] =>
  list(snapshot, 'PersistentVolume').map(({ metadata, status }) => `${metadata.name} ${status?.phase}`)
const claimIn = (snapshot: Snapshot): string => {
  const { spec, status } = get(snapshot, 'PersistentVolumeClaim', 'shop/data') ?? {}
  return `${status?.phase} ${spec?.volumeName ?? ''}`.trimEnd()
}

describe('a claim without a volume', () => {
  test('gets one of its own, and is bound to it', () => {
    const settled = settle([claim('1')])
    expect(get(settled, 'PersistentVolumeClaim', 'shop/data')).toMatchObject({
      spec: { volumeName: 'pvc-1' },
      status: { phase: 'Bound', capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] },
    })
    expect(get(settled, 'PersistentVolume', 'pvc-1')).toMatchObject({
      spec: {
        capacity: { storage: '1Gi' },
        claimRef: { namespace: 'shop', name: 'data', uid: '1' },
        csi: { volumeHandle: 'shop/data' },
      },
      status: { phase: 'Bound' },
    })
  })

  test('gets none where its class is empty, until somebody makes one', () => {
    const waiting = settle([claim('1', { storageClassName: '' })])
    expect([claimIn(waiting), volumes(waiting)]).toEqual(['Pending', []])
    const bound = settle([...all(waiting), volume('disk')])
    expect([claimIn(bound), volumes(bound)]).toEqual(['Bound disk', ['disk Bound']])
  })

  test('the volume goes with it, also where another one of that name comes at once', () => {
    const kept = list(settle([claim('1')]), 'PersistentVolume')
    expect(volumes(settle([...kept]))).toEqual([])
    expect(volumes(settle([...kept, claim('2')]))).toEqual(['pvc-2 Bound'])
  })

  test('does not get the folder of a volume that is retained', () => {
    const [kept] = list(settle([claim('1')]), 'PersistentVolume')
    if (kept === undefined) throw new Error('no volume')
    const retained = { ...kept, spec: { ...kept.spec, persistentVolumeReclaimPolicy: 'Retain' } }
    const settled = settle([retained, claim('2')])
    expect(volumes(settled)).toEqual(['pvc-1 Released', 'pvc-2 Bound'])
    expect(get(settled, 'PersistentVolume', 'pvc-2')?.spec?.csi?.volumeHandle).toBe('shop/data.2')
  })
})

const reserved = (name: string, uid?: string): PersistentVolume['spec'] => ({
  claimRef: { namespace: 'shop', name, ...(uid !== undefined && { uid }) },
})
const free = { storageClassName: '' }

test.each<[string, PersistentVolumeClaim['spec'], readonly PersistentVolume[], string]>([
  [
    'the smallest that is large enough',
    { ...free, resources: { requests: { storage: '1500Mi' } } },
    ['1Gi', '8Gi', '2Gi', '4Gi'].map((storage, i) => volume(`v${i}`, { capacity: { storage } })),
    'Bound v2',
  ],
  [
    'the one that allows as little more as possible',
    free,
    [
      volume('a', { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] }),
      volume('b', { capacity: { storage: '9Gi' } }),
      volume('c', { accessModes: ['ReadOnlyMany'] }),
    ],
    'Bound b',
  ],
  ['none without its access modes', { ...free, accessModes: ['ReadWriteMany'] }, [volume('a')], 'Pending'],
  ['none of another mode', { ...free, volumeMode: 'Block' }, [volume('a')], 'Pending'],
  [
    'one of its class',
    { storageClassName: 'manual' },
    [volume('a'), volume('b', { storageClassName: 'manual' })],
    'Bound b',
  ],
  [
    'one that its selector takes',
    { ...free, selector: { matchLabels: { disk: 'ssd' } } },
    [volume('a'), volume('b', {}, { labels: { disk: 'ssd' } })],
    'Bound b',
  ],
  ['the one that is reserved for it', free, [volume('a'), volume('b', reserved('data'))], 'Bound b'],
  ['one that is reserved for it in any class', {}, [volume('b', reserved('data'))], 'Bound b'],
  ['none that is reserved for another one', free, [volume('b', reserved('other'))], 'Pending'],
  ['none that an earlier one of its name had', free, [volume('b', reserved('data', '0'))], 'Pending'],
  ['none that is going', free, [volume('b', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' })], 'Pending'],
  ['the one that it names', { ...free, volumeName: 'b' }, [volume('a'), volume('b')], 'Bound b'],
  [
    'not the one that it names where it is too small',
    {
      ...free,
      volumeName: 'b',
      resources: { requests: { storage: '2Gi' } },
    },
    [volume('b')],
    'Pending b',
  ],
])('a claim gets %s', (_what, spec, made, expected) => {
  const settled = settle([claim('1', spec), ...made])
  expect(claimIn(settled)).toBe(expected)
  const [, bound = ''] = /^Bound (.*)/.exec(expected) ?? []
  for (const { metadata, status, spec: { claimRef } = {} } of list(settled, 'PersistentVolume')) {
    if (metadata.name === bound) expect([status?.phase, claimRef?.uid]).toEqual(['Bound', '1'])
    else expect(status?.phase).not.toBe('Bound')
  }
})

describe('a class that waits for the first consumer', () => {
  const waiting = claim('1', { storageClassName: 'late' })

  test('has its claims bound once a Pod with a node uses them', () => {
    const alone = settle([LATE, waiting])
    expect(claimIn(alone)).toBe('Pending')
    expect(claimIn(settle([LATE, user(), ...all(alone)]))).toBe('Pending')
    const bound = settle([LATE, user('node-1'), ...all(alone)])
    expect(claimIn(bound)).toBe('Bound pvc-1')
    expect(get(bound, 'PersistentVolume', 'pvc-1')).toMatchObject({
      metadata: { annotations: { 'pv.kubernetes.io/provisioned-by': 'disks.example.com' } },
      spec: { persistentVolumeReclaimPolicy: 'Retain', storageClassName: 'late' },
    })
  })

  test('takes a volume made by hand where there is one', () => {
    const made = volume('disk', { storageClassName: 'late' })
    expect(claimIn(settle([LATE, user('node-1'), waiting, made]))).toBe('Bound disk')
  })

  test('does not wait where a volume is reserved', () => {
    expect(claimIn(settle([LATE, waiting, volume('disk', reserved('data'))]))).toBe('Bound disk')
  })
})

test('a claim without a class gets the default one when there is one: the newest', () => {
  const { storageClassName: _, ...spec } = claim('1').spec ?? {}
  const alone = settle([{ ...claim('1'), spec }])
  expect(claimIn(alone)).toBe('Pending')
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  const classes = ['2026', '2025'].map((year) =>
    storageClass(`of-${year}`, {
      metadata: { name: `of-${year}`, annotations, creationTimestamp: `${year}-01-01T00:00:00Z` },
    }),
  )
  const settled = settle([...all(alone), ...classes])
  expect(claimIn(settled)).toBe('Bound pvc-1')
  expect(get(settled, 'PersistentVolumeClaim', 'shop/data')?.spec?.storageClassName).toBe('of-2026')
  // An empty name is a name.
  expect(claimIn(settle([claim('1', free), ...classes]))).toBe('Pending')
})

test('of two claims that want one volume the second waits', () => {
  const settled = settle([claim('1', free), claim('2', free, { name: 'other' }), volume('disk')])
  const phases = list(settled, 'PersistentVolumeClaim').map(({ status }) => status?.phase)
  expect(new Set(phases)).toEqual(new Set(['Bound', 'Pending']))
})

test.each<[string, Partial<PersistentVolume['spec'] & object>, string]>([
  ['Retain', {}, 'disk Released'],
  ['Delete of a folder in /tmp', { persistentVolumeReclaimPolicy: 'Delete' }, ''],
  [
    'Delete of another folder',
    { persistentVolumeReclaimPolicy: 'Delete', hostPath: { path: '/srv/disk' } },
    'disk Failed',
  ],
  ['Recycle', { persistentVolumeReclaimPolicy: 'Recycle' }, 'disk Released'],
])('a volume that lost its claim, with the policy %s', (_what, spec, expected) => {
  const bound = settle([claim('1', free), volume('disk', spec)])
  expect(volumes(bound)).toEqual(['disk Bound'])
  const left = settle(list(bound, 'PersistentVolume'))
  expect(volumes(left).join()).toBe(expected)
  // A claim of the same name does not get it.
  expect(claimIn(settle([...list(left, 'PersistentVolume'), claim('2', free)]))).toBe('Pending')
})

test('why a volume cannot be deleted is said in its status', () => {
  const { hostPath: _, ...local } =
    volume('disk', {
      ...reserved('data', '0'),
      persistentVolumeReclaimPolicy: 'Delete',
      local: { path: '/mnt/ssd' },
    }).spec ?? {}
  expect(get(settle([{ ...volume('disk'), spec: local }]), 'PersistentVolume', 'disk')?.status).toEqual({
    phase: 'Failed',
    message: 'error getting deleter volume plugin for volume "disk": no deletable volume plugin matched',
  })
})

test('a released volume whose claimRef is taken away is available, and bound again', () => {
  const released = settle(list(settle([claim('1', free), volume('disk')]), 'PersistentVolume'))
  const [{ spec: { claimRef: _, ...spec } = {}, ...rest } = volume('none')] = list(released, 'PersistentVolume')
  const again = settle([{ ...rest, spec }])
  expect(volumes(again)).toEqual(['disk Available'])
  expect(claimIn(settle([...all(again), claim('2', free)]))).toBe('Bound disk')
})

test('a claim whose volume is gone is Lost', () => {
  const bound = settle([claim('1', free), volume('disk')])
  expect(claimIn(settle(list(bound, 'PersistentVolumeClaim')))).toBe('Lost disk')
})

test.each<[string, PersistentVolumeClaim, readonly AnyObject[], string | undefined]>([
  [
    'nothing to bind',
    claim('1', free),
    [],
    'Normal FailedBinding no persistent volumes available for this claim and no storage class is set',
  ],
  [
    'a class that is not there',
    claim('1', { storageClassName: 'fast' }),
    [],
    'Warning ProvisioningFailed storageclass.storage.k8s.io "fast" not found',
  ],
  [
    'a class without a provisioner',
    claim('1', { storageClassName: 'local' }),
    [],
    'Warning ProvisioningFailed no volume plugin matched name: kubernetes.io/no-provisioner',
  ],
  [
    'a class that waits',
    claim('1', { storageClassName: 'late' }),
    [volume('disk', { storageClassName: 'late' })],
    'Normal WaitForFirstConsumer waiting for first consumer to be created before binding',
  ],
  [
    'a class that waits for a Pod without a node',
    claim('1', { storageClassName: 'late' }),
    [user()],
    'Normal WaitForPodScheduled waiting for pod db to be scheduled',
  ],
  ['a volume that is not there yet', claim('1', { ...free, volumeName: 'disk' }), [], undefined],
  [
    'a volume of another claim',
    claim('1', { ...free, volumeName: 'disk' }),
    [volume('disk', reserved('other', '9'))],
    'Warning FailedBinding volume "disk" already bound to a different claim.',
  ],
  ...(
    [
      ['requested PV is too small', { capacity: { storage: '1Mi' } }],
      ['storageClassName does not match', { storageClassName: 'fast' }],
      ['incompatible volumeMode', { volumeMode: 'Block' }],
      ['incompatible accessMode', { accessModes: ['ReadOnlyMany'] }],
    ] as const
  ).map(([why, spec]): [string, PersistentVolumeClaim, readonly PersistentVolume[], string] => [
    why,
    claim('1', { ...free, volumeName: 'disk' }),
    [volume('disk', spec)],
    `Warning VolumeMismatch Cannot bind to requested volume "disk": ${why}`,
  ]),
])('what is said of a claim that waits: %s', (_what, waiting, made, expected) => {
  const verdict = judgeClaim(snapshotOf([waiting, LOCAL, LATE, ...made]), waiting)
  if (!('notice' in verdict)) throw new Error('it does not wait')
  const { notice } = verdict
  expect(notice && `${notice.type} ${notice.reason} ${notice.message}`).toBe(expected)
})
