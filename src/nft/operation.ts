import type { Chain, Element, Family, NftSet, Rule, Table } from './ruleset.ts'

/** Which table an operation works on. */
export interface TableName {
  readonly family: Family
  readonly name: string
}

/** One command of a transaction, in nft's words. `set` is the declaration; its own `elements` are not looked at. */
export type Operation =
  | { readonly kind: 'add table'; readonly table: TableName }
  | { readonly kind: 'delete table'; readonly table: TableName }
  | { readonly kind: 'add chain'; readonly table: TableName; readonly chain: Omit<Chain, 'rules'> }
  | { readonly kind: 'delete chain' | 'flush chain'; readonly table: TableName; readonly chain: string }
  | { readonly kind: 'add rule'; readonly table: TableName; readonly chain: string; readonly rule: Rule }
  | { readonly kind: 'add set'; readonly table: TableName; readonly set: NftSet }
  | { readonly kind: 'delete set'; readonly table: TableName; readonly set: NftSet }
  | {
      readonly kind: 'add elements' | 'delete elements'
      readonly table: TableName
      readonly set: NftSet
      readonly elements: readonly Element[]
    }

export function tableName(table: Table): TableName {
  return { family: table.family, name: table.name }
}
