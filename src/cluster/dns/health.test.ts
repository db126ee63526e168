import { expect, test, vi } from 'vitest'
import { createServerHealth } from './health.ts'

test('a server that fails twice is passed over, asked after, and comes back', async () => {
  vi.useFakeTimers()
  try {
    let alive = false
    const probed: string[] = []
    const probe = async (server: string): Promise<boolean> => {
      probed.push(server)
      return alive
    }
    const health = createServerHealth(['a', 'b'], { probe, interval: 500, mostFailures: 2 })
    health.failed('a')
    expect(health.order()).toEqual(['a', 'b'])
    health.answered('a')
    health.failed('a')
    expect(health.order()).toEqual(['a', 'b'])
    health.failed('a')
    expect([health.order(), health.down()]).toEqual([['b'], ['a']])
    await vi.advanceTimersByTimeAsync(1200)
    expect(probed).toEqual(['a', 'a'])
    alive = true
    await vi.advanceTimersByTimeAsync(500)
    expect([health.order(), health.down()]).toEqual([['a', 'b'], []])
    await vi.advanceTimersByTimeAsync(5000)
    expect(probed).toEqual(['a', 'a', 'a'])
  } finally {
    vi.useRealTimers()
  }
})

test('where no server answers, all are tried', () => {
  const health = createServerHealth(['a', 'b'], { probe: async () => false, interval: 500, mostFailures: 1 })
  health.failed('a')
  health.failed('b')
  expect([health.order(), health.down()]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
  health.close()
  expect(health.down()).toEqual([])
})
