import type { PlacedProfile } from '../../hub/profiles.ts';
import type { OpenApi, Schema } from '../../yaml/schema.ts';
import type { Draft, DraftProblem } from './draft.ts';

/** What every step of the form is given. */
export interface StepProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly problems: readonly DraftProblem[];
  readonly profiles: readonly PlacedProfile[];
  readonly loading: boolean;
  readonly document: OpenApi;
  /** Of clusters. */
  readonly schema: Schema;
}
