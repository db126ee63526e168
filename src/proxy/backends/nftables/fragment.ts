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

const NONE: readonly never[] = []

interface ElementList extends SetElements {
  readonly elements: Element[]
}

/** A class and lists of their own only where something is in them: there is one for each of ten thousand Service ports. */
export class FragmentBuilder {
  readonly #elements: ElementList[] = []
  #chains: Chain[] | undefined
  #sets: SetDeclaration[] | undefined

  element(set: string, key: readonly string[], data?: Element['data']): void {
    const element = data === undefined ? { key } : { key, data }
    const group = this.#elements.find((other) => other.set === set)
    if (group === undefined) this.#elements.push({ set, elements: [element] })
    else group.elements.push(element)
  }

  /** All of these at once. */
  elements(set: string, elements: Element[]): void {
    this.#elements.push({ set, elements })
  }

  chain(name: string, rules: readonly Rule[]): void {
    this.#chains ??= []
    this.#chains.push({ name, rules })
  }

  declare(set: SetDeclaration): void {
    this.#sets ??= []
    this.#sets.push(set)
  }

  build(): Fragment {
    // The copy has no room to grow.
    return { elements: this.#elements.slice(), chains: this.#chains ?? NONE, sets: this.#sets ?? NONE }
  }
}
