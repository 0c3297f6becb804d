import { withConditions, type Condition, type WantedCondition } from '@slipway/model';

export interface GatewayHealthInput {
  /** Whether the gateway's API server answered the last time it was asked. */
  readonly apiServer: { readonly ok: boolean; readonly message: string };
  /** Cluster API's controllers: name and what keeps them from being available. */
  readonly controllers: readonly { readonly name: string; readonly trouble: string | undefined }[];
  /** RFC 3339 */
  readonly now: string;
  readonly before: readonly Condition[];
}

/** The gateway's health as conditions. Pure. */
export function gatewayHealth(input: GatewayHealthInput): { healthy: boolean; conditions: Condition[] } {
  const { apiServer, controllers } = input;
  const troubled = controllers.filter((controller) => controller.trouble !== undefined);
  const controllersOk = controllers.length > 0 && troubled.length === 0;
  const said = troubled.map((controller) => `${controller.name}: ${controller.trouble}`).join('; ') || 'Cluster API is not installed yet.';
  const api = finding('ApiServerReady', apiServer.ok, apiServer.ok ? 'Answers' : 'NoAnswer', apiServer.message);
  const all = finding('ControllersReady', controllersOk, controllersOk ? 'AllReady' : 'NotReady', said);
  const healthy = apiServer.ok && controllersOk;
  const ready = !apiServer.ok
    ? finding('Ready', false, 'ApiServerDown', apiServer.message)
    : finding('Ready', controllersOk, controllersOk ? 'Healthy' : 'ControllersNotReady', said);
  return { healthy, conditions: withConditions(input.before, [ready, api, all], { now: input.now }) };
}

/** What is well needs no words. */
const finding = (type: string, ok: boolean, reason: string, trouble: string): WantedCondition => ({
  type,
  status: ok ? 'True' : 'False',
  reason,
  message: ok ? '' : trouble,
});
