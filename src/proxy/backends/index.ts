import type { Operation } from '../../nft/operation.ts'
import type { Backend } from '../backend.ts'
import { nftablesBackend, type NodeProgram } from './nftables.ts'

export const backends: readonly Backend<NodeProgram, Operation>[] = [nftablesBackend]
