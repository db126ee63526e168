import { describe, expect, test } from 'vitest'
import {
  allocateNextPort,
  allocatePort,
  createPortAllocator,
  releasePort,
  type PortAllocator,
} from './port-allocator.ts'

const DEFAULT = createPortAllocator({ from: 30000, to: 32767 })

function fill(start: PortAllocator, count: number): number[] {
  let allocator = start
  const ports: number[] = []
  for (let i = 0; i < count; i++) {
    const next = allocateNextPort(allocator, `default/s${i}/http`, `default/s${i}`)
    if (next === undefined) break
    allocator = next.allocator
    ports.push(next.port)
  }
  return ports
}

describe('explicit ports', () => {
  const taken = allocatePort(DEFAULT, 30080, 'default/web') as PortAllocator
  test.each([
    [30000, 'given'],
    [32767, 'given'],
    [29999, 'outside'],
    [32768, 'outside'],
    [0, 'outside'],
    [30080, 'taken'],
  ])('%i is %s', (port, outcome) => {
    const result = allocatePort(taken, port, 'default/other')
    expect('refused' in result ? result.refused : 'given').toBe(outcome)
  })

  test('a refusal names the owner, who alone can give the port back', () => {
    expect(allocatePort(taken, 30080, 'default/other')).toEqual({ refused: 'taken', owner: 'default/web' })
    expect(releasePort(taken, 30080, 'default/other')).toBe(taken)
    expect(releasePort(taken, 30080, 'default/web').owners.has('30080')).toBe(false)
  })
})

describe('the next port', () => {
  test('comes from 30086 up while there are any, then from the static band, then from nowhere', () => {
    const ports = fill(DEFAULT, 3000)
    expect(ports).toHaveLength(2768)
    expect(new Set(ports).size).toBe(2768)
    expect(Math.min(...ports.slice(0, 2682))).toBe(30086)
    expect(Math.max(...ports.slice(2682))).toBe(30085)
  })

  test('of a range of 20, the upper 4 come first', () => {
    const ports = fill(createPortAllocator({ from: 30000, to: 30019 }), 20)
    expect(ports.slice(0, 4).toSorted((a, b) => a - b)).toEqual([30016, 30017, 30018, 30019])
    expect(ports).toHaveLength(20)
  })

  test('is the same for the same seed', () => {
    expect(fill(DEFAULT, 20)).toEqual(fill(DEFAULT, 20))
  })
})
