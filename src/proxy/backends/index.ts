import type { Operation } from '../../nft/operation.ts'
import type { Table } from '../../nft/ruleset.ts'
import type { Backend } from '../backend.ts'
import { nftablesBackend } from './nftables.ts'

export const backends: readonly Backend<Table, Operation>[] = [nftablesBackend]
