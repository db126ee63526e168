import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pod } from '../../api/core.ts'
import { PROVISIONER, type PersistentVolume } from '../../api/storage.ts'
import { snapshotOf } from '../../model/snapshot.ts'
import { createClaimFolders } from './claim-folders.ts'

const volume = (name: string, source: PersistentVolume['spec']): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: { claimRef: { namespace: 'shop', name: 'data' }, ...source },
})
const made = (volumeHandle: string): PersistentVolume => volume('pvc-1', { csi: { driver: PROVISIONER, volumeHandle } })
const data = made('shop/data')
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'db' },
  spec: { containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claims-'))
  for (const path of ['claims/shop/data', 'claims/.volumes/disk', 'outside/data']) {
    mkdirSync(join(folder, path), { recursive: true })
  }
})
afterEach(() => rmSync(folder, { recursive: true }))
const isThere = (path = 'claims/shop/data'): boolean => existsSync(join(folder, path))
const create = (): ReturnType<typeof createClaimFolders> => createClaimFolders(join(folder, 'claims'))

test('a folder outlives its Pods, and goes with its volume', () => {
  const { sync } = create()
  for (const objects of [[data, pod], [data]]) sync(snapshotOf(objects))
  expect(isThere()).toBe(true)
  sync(snapshotOf([]))
  expect(isThere()).toBe(false)
})

test('a volume that is deleted under a Pod keeps its folder until the Pod is gone', () => {
  const { sync } = create()
  for (const objects of [[data, pod], [pod]]) sync(snapshotOf(objects))
  expect(isThere()).toBe(true)
  sync(snapshotOf([]))
  expect(isThere()).toBe(false)
})

test('a volume that is made anew in time keeps what is there', () => {
  const { sync } = create()
  for (const objects of [[data, pod], [pod], [data, pod], [data]]) sync(snapshotOf(objects))
  expect(isThere()).toBe(true)
})

test('what stands for a path of the host goes with its volume as well', () => {
  const { sync } = create()
  sync(snapshotOf([volume('disk', { hostPath: { path: '/no/such' } })]))
  sync(snapshotOf([]))
  expect(isThere('claims/.volumes/disk')).toBe(false)
})

test.each(['../outside', 'shop/..', '../../outside/data', 'shop/data/..', '.volumes/disk'])(
  'a handle that leads elsewhere removes nothing: %s',
  (handle) => {
    const { sync } = create()
    for (const objects of [[made(handle)], []]) sync(snapshotOf(objects))
    expect(['claims/shop/data', 'claims/.volumes/disk', 'outside/data'].filter(isThere)).toHaveLength(3)
  },
)
