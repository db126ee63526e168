/** A packet as rules see it at one hook. Addresses in canonical form. */
export interface Packet {
  readonly family: 4 | 6
  /** As nft names it: `tcp`. */
  readonly l4proto: string
  readonly saddr: string
  readonly daddr: string
  /** Absent where the protocol has no ports: rules that read them do not match. */
  readonly sport?: number
  readonly dport?: number
  readonly iifname?: string
  readonly oifname?: string
  /** 0 where absent, as the next one. */
  readonly mark?: number
  readonly priority?: number
  readonly ct: Conntrack
}

export interface Conntrack {
  readonly state: 'new' | 'established' | 'related' | 'invalid' | 'untracked'
  readonly status: readonly ('dnat' | 'snat' | 'seen-reply' | 'assured' | 'confirmed')[]
  /** `original` where absent. */
  readonly direction?: 'original' | 'reply'
  /** Where its answers come from, after translation. */
  readonly reply?: { readonly saddr: string; readonly sport?: number }
  /** What the flow's first packet was addressed to, where translation has changed it. */
  readonly original?: { readonly saddr: string; readonly daddr: string; readonly dport?: number }
}
