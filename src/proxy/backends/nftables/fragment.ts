import type { Chain, Element, Rule } from '../../../nft/ruleset.ts'
import type { SetDeclaration } from './sets.ts'

/** What one Service port adds to a table. */
export interface Fragment {
  readonly elements: readonly SetElements[]
  readonly chains: readonly Chain[]
  /** Sets of its own. */
  readonly sets: readonly SetDeclaration[]
}

export interface SetElements {
  readonly set: string
  readonly elements: readonly Element[]
}

export interface FragmentBuilder {
  element(set: string, key: readonly string[], data?: Element['data']): void
  /** All of these at once. */
  elements(set: string, elements: Element[]): void
  chain(name: string, rules: readonly Rule[]): void
  declare(set: SetDeclaration): void
  build(): Fragment
}

const NONE: readonly never[] = []

export function createFragment(): FragmentBuilder {
  const elements: { readonly set: string; readonly elements: Element[] }[] = []
  const chains: Chain[] = []
  const sets: SetDeclaration[] = []
  return {
    element(set, key, data) {
      const element = data === undefined ? { key } : { key, data }
      const group = elements.find((other) => other.set === set)
      if (group === undefined) elements.push({ set, elements: [element] })
      else group.elements.push(element)
    },
    elements: (set, list) => void elements.push({ set, elements: list }),
    chain: (name, rules) => void chains.push({ name, rules }),
    declare: (set) => void sets.push(set),
    // Most have neither chains nor sets: an empty list of its own for each would be thousands. The copy has no room to grow.
    build: () => ({
      elements: elements.slice(),
      chains: chains.length > 0 ? chains : NONE,
      sets: sets.length > 0 ? sets : NONE,
    }),
  }
}
