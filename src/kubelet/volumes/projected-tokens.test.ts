import { expect, test } from 'vitest'
import { createProjectedTokens } from './projected-tokens.ts'

function createTimers() {
  const timers = new Map<number, () => void>()
  let [made, now] = [0, 0]
  const after = (milliseconds: number, callback: () => void): (() => void) => {
    const at = now + milliseconds
    timers.set(at, callback)
    return () => void timers.delete(at)
  }
  const pass = (seconds: number): void => {
    now += seconds * 1000
    for (const [at, callback] of [...timers].filter(([at]) => at <= now)) {
      timers.delete(at)
      callback()
    }
  }
  let renewals = 0
  const tokens = createProjectedTokens(
    { now: () => now, after },
    ({ audience = 'api', seconds }) => (audience === 'nobody' ? undefined : `${audience} ${seconds} ${++made}`),
    () => void renewals++,
  )
  return { tokens, pass, pending: () => [...timers.keys()], renewals: () => renewals }
}

test('a token is the same until four fifths of its time are over', () => {
  const { tokens, pass, renewals } = createTimers()
  const ask = (): string | undefined => tokens.tokenFor({ path: 'token' })
  expect([ask(), ask()]).toEqual(['api 3600 1', 'api 3600 1'])
  pass(2879)
  expect([ask(), renewals()]).toEqual(['api 3600 1', 0])
  pass(1)
  expect([renewals(), ask()]).toEqual([1, 'api 3600 2'])
})

test('each audience and time has its own; no time is too short, none is waited for longer than a day', () => {
  const { tokens, pending } = createTimers()
  expect(tokens.tokenFor({ path: 'a', audience: 'vault', expirationSeconds: 1 })).toBe('vault 600 1')
  expect(tokens.tokenFor({ path: 'b', expirationSeconds: 2 ** 32 })).toBe('api 4294967296 2')
  expect(pending()).toEqual([480_000, 86_400_000])
  tokens.stop()
  expect(pending()).toEqual([])
})

test('without a ServiceAccount there is none, and nothing to renew', () => {
  const { tokens, pending } = createTimers()
  expect([tokens.tokenFor({ path: 'a', audience: 'nobody' }), pending()]).toEqual([undefined, []])
})
