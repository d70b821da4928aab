// The syntax of one line of assembly text, with the tokens that errors point at.

import type { IToken } from 'chevrotain'

export type Expression =
  | { readonly kind: 'number' | 'name'; readonly at: IToken }
  | { readonly kind: 'negation'; readonly at: IToken; readonly of: Expression }
  | { readonly kind: 'operation'; readonly at: IToken; readonly left: Expression; readonly right: Expression }

/** `name=value`, or `name=value,value` for semaphores. */
export interface Assignment {
  readonly at: IToken
  readonly values: readonly Expression[]
}

export type Statement =
  | { readonly kind: 'label'; readonly at: IToken }
  | { readonly kind: 'instruction'; readonly at: IToken; readonly fields: readonly Assignment[] }
  | { readonly kind: 'const'; readonly at: IToken; readonly value: Expression }
  | { readonly kind: 'scratch'; readonly at: IToken; readonly value: Expression }
  | { readonly kind: 'program' | 'machineName' | 'isa' | 'timing' | 'weights' | 'class' | 'word'; readonly at: IToken }
  | { readonly kind: 'machine' | 'input' | 'output' | 'layer'; readonly at: IToken }
  | { readonly kind: 'constants' | 'hex' | 'zero' | 'end'; readonly at: IToken }
