import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { podOf } from '../../../test/kubelet/bench.ts'
import type { RunningContainer } from '../../kubelet/container-runtime.ts'
import { objectKey, snapshotOf } from '../../model/snapshot.ts'
import { cpuSeconds, readUsage, residentBytes } from './usage.ts'

test('the times of a process, whatever its name is', () => {
  expect(cpuSeconds('7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 20 5 20 0 1 0 100 1000 500 18446744')).toBe(2.25)
})

test('the memory of a process, none of one that ended', () => {
  expect(residentBytes('Name:\tx\nVmHWM:\t    9 kB\nVmRSS:\t    4 kB\n')).toBe(4096)
  expect(residentBytes('Name:\tx\nState:\tZ (zombie)\n')).toBe(0)
})

test('stand-ins share their one process, programs without a PID namespace of their own are not measured', async () => {
  const pod = podOf({ containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }] })
  const child = (imageID: string): RunningContainer => ({ imageID, beside: () => ({}) }) as RunningContainer
  const running: Readonly<Record<string, RunningContainer>> = {
    a: child('stand-in'),
    b: child('stand-in'),
    c: child('host-program'),
  }
  let [now, spent] = [0, 0]
  const reading = await readUsage({
    snapshot: () => snapshotOf([pod]),
    childOf: (_pod, container) => running[container],
    standIn: () => process.pid,
    now: () => now,
    // Until the kernel has counted some of it.
    wait: async (milliseconds) => {
      const own = (): number => cpuSeconds(readFileSync('/proc/self/stat', 'utf8'))
      const start = own()
      while (spent < 0.05) spent = own() - start
      now += milliseconds
    },
  })
  const of = (container: string) => reading.of(objectKey(pod), container)
  expect(of('a')).toEqual(of('b'))
  expect(of('a')?.cpu).toBeGreaterThanOrEqual(0.05)
  expect(of('a')?.memory).toBeGreaterThan(1024 * 1024)
  expect([of('c'), of('d'), reading.milliseconds]).toEqual([undefined, undefined, 500])
})
