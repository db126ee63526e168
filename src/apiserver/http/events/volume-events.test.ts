import { expect, test } from 'vitest'
import type { AnyObject } from '../../../api/kinds.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/storage.ts'
import { snapshotOf } from '../../../model/snapshot.ts'
import { volumeEvents } from './volume-events.ts'

const claim = (phase: string, metadata: object = {}, spec: object = {}): PersistentVolumeClaim => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { namespace: 'shop', name: 'data', uid: '1', ...metadata },
  spec: { storageClassName: '', ...spec },
  status: { phase },
})
const volume = (phase: string): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: 'disk' },
  status: { phase, ...(phase === 'Failed' && { message: 'no deletable volume plugin matched' }) },
})
const bound = { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }

test.each<[string, AnyObject, AnyObject | undefined, readonly string[]]>([
  ['a new claim that waits says why', claim('Pending'), undefined, ['Normal FailedBinding']],
  ['it says so once', claim('Pending', { labels: { a: 'b' } }), claim('Pending'), []],
  ['a claim that is going says nothing', claim('Pending', { deletionTimestamp: 'now' }), undefined, []],
  [
    'a claim whose volume is gone',
    claim('Lost', bound, { volumeName: 'x' }),
    claim('Bound', bound, { volumeName: 'x' }),
    ['Warning ClaimLost'],
  ],
  ['a volume that is not deleted', volume('Failed'), volume('Released'), ['Warning VolumeFailedDelete']],
  ['a volume that is released', volume('Released'), volume('Bound'), []],
])('%s', (_what, object, previous, expected) => {
  const events = volumeEvents(snapshotOf([object]), object, previous)
  expect(events.map(({ type, reason }) => `${type} ${reason}`)).toEqual(expected)
})
