import { elementKey, type Chain, type Element, type Rule } from '../../../nft/ruleset.ts'
import type { SetDeclaration } from './sets.ts'

/** What one Service port adds to a table. */
export interface Fragment {
  readonly elements: readonly FragmentElement[]
  readonly chains: readonly Chain[]
  /** Sets of its own. */
  readonly sets: readonly SetDeclaration[]
}

export interface FragmentElement {
  readonly set: string
  /** `elementKey(element)`. */
  readonly place: string
  readonly element: Element
}

export interface FragmentBuilder {
  element(set: string, key: readonly string[], data?: Element['data']): void
  chain(name: string, rules: readonly Rule[]): void
  declare(set: SetDeclaration): void
  build(): Fragment
}

export function createFragment(): FragmentBuilder {
  const elements: FragmentElement[] = []
  const chains: Chain[] = []
  const sets: SetDeclaration[] = []
  return {
    element(set, key, data) {
      const element = data === undefined ? { key } : { key, data }
      elements.push({ set, place: elementKey(element), element })
    },
    chain: (name, rules) => void chains.push({ name, rules }),
    declare: (set) => void sets.push(set),
    build: () => ({ elements, chains, sets }),
  }
}
