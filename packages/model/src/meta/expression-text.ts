import { z } from 'zod';

/** Longest text of an expression. */
export const MAX_EXPRESSION = 1024;

/**
 * A CEL expression as it is written; `compileExpression` reads it. Apart from the reader, which programs that only pass expressions on (and the agent, until a layer has
 * one) need not load.
 */
export const expressionTextSchema = z.string().min(1).max(MAX_EXPRESSION);
