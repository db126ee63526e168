import { expect, test } from 'vitest'
import type { IPFamily } from '../../api/core.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { laterWork, type NodeWork, withWork } from './node-work.ts'
import type { TableKeeper } from './table-keeper.ts'

function listed(): { readonly work: NodeWork; readonly happened: string[] } {
  const happened: string[] = []
  return {
    happened,
    work: {
      begun: (family: IPFamily) => void happened.push(`begun ${family}`),
      pass: (family, seconds, isFull) => void happened.push(`${isFull ? 'full' : 'partial'} ${family} ${seconds >= 0}`),
      written: (family) => void happened.push(`written ${family}`),
      refused: (family) => void happened.push(`refused ${family}`),
      unclean: (family) => void happened.push(`unclean ${family}`),
      cleaned: (family, _, deleted) => void happened.push(`cleaned ${family} ${deleted}`),
    },
  }
}

/** A keeper whose kernel takes what it is given, or not. */
function keeperOf(work: NodeWork, takes: () => boolean): TableKeeper {
  return {
    sync: () => (takes() ? work.written('IPv4') : work.refused('IPv4')),
    table: () => undefined,
    refusal: () => undefined,
    state: () => ({ contested: OrderedMap.empty(), aside: new Map() }),
  }
}

test('what a keeper does is told: the first pass is made of everything', () => {
  const { work, happened } = listed()
  let takes = true
  const keeper = withWork(
    keeperOf(work, () => takes),
    'IPv4',
    work,
  )
  keeper.sync(OrderedMap.empty())
  takes = false
  keeper.sync(OrderedMap.empty())
  expect(happened).toEqual([
    'begun IPv4',
    'written IPv4',
    'full IPv4 true',
    'begun IPv4',
    'refused IPv4',
    'partial IPv4 true',
  ])
})

test('who follows later hears what was before, once and in its order', () => {
  const later = laterWork()
  later.begun('IPv4')
  later.pass('IPv4', 0.1, true, 0)
  later.written('IPv6')
  const { work, happened } = listed()
  later.follow(work)
  const before = ['begun IPv4', 'full IPv4 true', 'written IPv6']
  expect(happened).toEqual(before)
  later.cleaned('IPv4', 0.1, 3)
  later.refused('IPv4')
  later.unclean('IPv6')
  expect(happened).toEqual([...before, 'cleaned IPv4 3', 'refused IPv4', 'unclean IPv6'])
})
