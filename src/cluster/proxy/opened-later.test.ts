import { expect, test } from 'vitest'
import { KernelError } from '../../host/libc.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { openedLater } from './opened-later.ts'
import type { Services, TableKeeper } from './table-keeper.ts'

const services = (...names: readonly string[]): Services => OrderedMap.from(names.map((name) => [name, []]))

test('the kernel cannot be talked to: it is said once, and what was known last is written when it can', async () => {
  const written: (readonly string[])[] = []
  const keeper: TableKeeper = {
    sync: (next) => void written.push([...next.keys()]),
    table: () => undefined,
    refusal: () => undefined,
    state: () => ({ contested: OrderedMap.empty(), aside: new Map([['a', 'refused']]) }),
  }
  const said: string[] = []
  let [refusals, refused] = [5, 0]
  const later = openedLater({
    where: 'n IPv4',
    open() {
      if (refusals-- > 0) throw new KernelError('socket(AF_NETLINK)', 'EMFILE')
      return keeper
    },
    onError: (error) => said.push(error instanceof Error ? error.message : String(error)),
    onRefused: () => void refused++,
    retry: 1,
  })
  later.sync(services('a'))
  later.sync(services('a', 'b'))
  expect(later.refusal()).toMatch(/^n IPv4: socket\(AF_NETLINK\): EMFILE/)
  expect(later.state().aside.size).toBe(0)
  await expect.poll(() => written).toEqual([['a', 'b']])
  expect(said).toEqual([
    'n IPv4: socket(AF_NETLINK): EMFILE (this process may open no more files: raise its limit, "ulimit -n"): the rules that are there stay, and it is tried again each second',
    'n IPv4: the kernel takes the rules again',
  ])
  expect(refused).toBe(5)
  later.sync(services('c'))
  expect(written).toEqual([['a', 'b'], ['c']])
  expect([later.refusal(), later.state().aside.size]).toEqual([undefined, 1])
})
