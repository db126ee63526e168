import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Pod } from '../../api/core.ts'
import type { PersistentVolumeClaim } from '../../api/storage.ts'
import { snapshotOf } from '../../model/snapshot.ts'
import { createClaimFolders } from './claim-folders.ts'

const claim: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'shop', name: 'data' },
}
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'db' },
  spec: { containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] },
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'claims-'))
  mkdirSync(join(folder, 'shop/data'), { recursive: true })
})
afterEach(() => rmSync(folder, { recursive: true }))
const isThere = (): boolean => existsSync(join(folder, 'shop/data'))

test('a folder outlives its Pods, and goes with its claim', () => {
  const { sync } = createClaimFolders(folder)
  for (const objects of [[claim, pod], [claim]]) sync(snapshotOf(objects))
  expect(isThere()).toBe(true)
  sync(snapshotOf([]))
  expect(isThere()).toBe(false)
})

test('a claim that is deleted under a Pod keeps its folder until the Pod is gone', () => {
  const { sync } = createClaimFolders(folder)
  for (const objects of [[claim, pod], [pod]]) sync(snapshotOf(objects))
  expect(isThere()).toBe(true)
  sync(snapshotOf([]))
  expect(isThere()).toBe(false)
})

test('a claim that is made anew in time keeps what is there', () => {
  const { sync } = createClaimFolders(folder)
  for (const objects of [[claim, pod], [pod], [claim, pod], [claim]]) sync(snapshotOf(objects))
  expect(isThere()).toBe(true)
})
