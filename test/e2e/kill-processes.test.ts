import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing, NGINX, openHost, PORTOLAN, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

const reason = missing()

describe.skipIf(reason !== undefined)(`the end of a network${reason === undefined ? '' : ` (${reason})`}`, () => {
  let host: TestHost
  let before: HostState
  beforeAll(async () => {
    host = await openHost()
    before = await host.state()
  })
  afterAll(() => host.close())

  test('nothing happened', async () => {
    expect([...before.keys()]).toEqual([])
    expect(before).toEqual(0)
  })
  test('up', async () => {
    const up = await host.start(`exec ${PORTOLAN} up ${NGINX} --name a --dns-upstream none`)
    await up.says('Ctrl-C')
    expect(await host.differenceFrom(before)).toEqual([])
  })
})
