import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG, missing, NGINX, openHost, PORTOLAN, USERS, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

/** Milliseconds from the start of the process to the signal: before Node, before the engine, at each step, after all. */
const MOMENTS = LONG ? Array.from({ length: 60 }, (_, i) => i * 10) : [0, 40, 80, 120, 160, 200, 300, 400]
const SIGNALS: readonly NodeJS.Signals[] = LONG ? ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] : ['SIGINT', 'SIGKILL']

const reason = missing()

describe.skipIf(reason !== undefined).each(USERS)(`a start that is ended, as $name ${reason ?? ''}`, ({ user }) => {
  let host: TestHost
  let before: HostState
  beforeAll(async () => {
    host = await openHost(user)
    before = await host.state()
  })
  afterAll(() => host.close())

  test.each(SIGNALS)('by %s', async (signal) => {
    for (const moment of MOMENTS) {
      const up = await host.start(`exec ${PORTOLAN} up ${NGINX} --name net --dns-upstream none`)
      await new Promise((resolve) => setTimeout(resolve, moment))
      await host.signal(up.pid, signal)
      const { code, stderr } = await up.ended
      const found = await host.differenceFrom(before, signal === 'SIGKILL' ? ['files'] : [])
      expect({ moment, code, found, stderr }).toEqual({
        moment,
        code: codeAfter(signal, code, stderr),
        found: [],
        stderr,
      })
    }
    // A start that was killed before its engine was there leaves its folder to the next one.
    const up = await host.start(`exec ${PORTOLAN} up ${NGINX} --name net --dns-upstream none`)
    await up.says('Ctrl-C stops it')
    await host.signal(up.pid, 'SIGINT')
    expect(await up.ended).toMatchObject({ code: 0 })
    expect(await host.differenceFrom(before)).toEqual([])
  })
})

/** Before Node has its handlers the signal itself is the end. */
function codeAfter(signal: NodeJS.Signals, code: number, words: string): number {
  if (signal === 'SIGKILL') return 137
  if (words.includes('ready')) return code === 130 ? 130 : 0
  return words === '' && signal !== 'SIGINT' ? code : 130
}
