import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createServerHealth, type ProbeResult, type ServerHealth } from './health.ts'

/** Each probe is answered by hand. */
function probed(mostFailures = 2) {
  const asked: string[] = []
  const open = new Map<string, (result: ProbeResult) => void>()
  const probe = (server: string): Promise<ProbeResult> => {
    asked.push(server)
    return new Promise((resolve) => open.set(server, resolve))
  }
  const changes: string[] = []
  const onChange = (server: string, answers: boolean): void => void changes.push(`${server} ${answers}`)
  const health: ServerHealth<string> = createServerHealth(['a', 'b'], { probe, interval: 500, mostFailures, onChange })
  const end = async (server: string, result: ProbeResult): Promise<void> => {
    open.get(server)?.(result)
    await vi.advanceTimersByTimeAsync(0)
  }
  return { asked, health, end, changes }
}

describe('a server that has failed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('is asked after at once, and goes on where it answers', async () => {
    const { asked, health, end } = probed()
    health.failed('a')
    expect([asked, health.order()]).toEqual([['a'], ['a', 'b']])
    await end('a', 'alive')
    await vi.advanceTimersByTimeAsync(5000)
    health.failed('a')
    expect([asked, health.order(), health.down()]).toEqual([['a', 'a'], ['a', 'b'], []])
  })

  test('is passed over with the second failure in a row', () => {
    const { health } = probed()
    health.failed('a')
    health.answered('a')
    health.failed('a')
    expect(health.order()).toEqual(['a', 'b'])
    health.failed('a')
    expect([health.order(), health.down()]).toEqual([['b'], ['a']])
  })

  test('is passed over where the probe fails too, is asked after, and comes back', async () => {
    const { asked, health, end } = probed()
    health.failed('a')
    await end('a', 'silent')
    expect([health.order(), health.down()]).toEqual([['b'], ['a']])
    await vi.advanceTimersByTimeAsync(499)
    expect(asked).toEqual(['a'])
    await vi.advanceTimersByTimeAsync(1)
    await end('a', 'silent')
    await vi.advanceTimersByTimeAsync(500)
    expect(asked).toEqual(['a', 'a', 'a'])
    await end('a', 'alive')
    expect([health.order(), health.down()]).toEqual([['a', 'b'], []])
    await vi.advanceTimersByTimeAsync(5000)
    expect(asked).toHaveLength(3)
  })

  test('is asked all the same where no other answers, until a probe has failed', async () => {
    const { health, end } = probed(1)
    health.failed('a')
    health.failed('b')
    expect([health.order(), health.down()]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
    await end('b', 'silent')
    expect(health.order()).toEqual(['a'])
    await end('a', 'silent')
    expect(health.order()).toEqual([])
    health.close()
    expect([health.order(), health.down()]).toEqual([['a', 'b'], []])
  })

  test('is told of once, and once more when it answers again', async () => {
    const { health, end, changes } = probed()
    health.failed('a')
    health.answered('a')
    expect(changes).toEqual([])
    for (let i = 0; i < 3; i++) health.failed('a')
    expect(changes).toEqual([])
    await end('a', 'silent')
    expect(changes).toEqual(['a false'])
    health.answered('a')
    expect(changes).toEqual(['a false', 'a true'])
    health.failed('b')
    await end('b', 'refused')
    await vi.advanceTimersByTimeAsync(500)
    await end('b', 'alive')
    expect(changes.slice(2)).toEqual(['b false', 'b true'])
  })

  test('is asked where no other answers and it says at once that nobody is there: by now somebody may be', async () => {
    const { health, end } = probed()
    for (const server of ['a', 'b']) health.failed(server)
    await end('a', 'refused')
    await end('b', 'silent')
    expect([health.order(), health.down()]).toEqual([['a'], ['a', 'b']])
    await vi.advanceTimersByTimeAsync(500)
    await end('a', 'silent')
    expect(health.order()).toEqual([])
    await end('b', 'alive')
    expect(health.order()).toEqual(['b'])
  })
})
