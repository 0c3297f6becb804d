import { z } from 'zod';

const port = z.coerce.number().int().min(1024).max(65_535);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** What the pod is told, by its environment. */
const optionsSchema = z.object({
  POD_NAMESPACE: z.string().min(1),
  /** Of this controller's own pods. */
  POD_SELECTOR: z.string().min(1),
  INGRESS_CLASS: z.string().min(1).default('slipway'),
  INGRESS_CLASS_DEFAULT: flag.default(false),
  HTTP_PORT: port.default(8080),
  HTTPS_PORT: port.default(8443),
  METRICS_PORT: port.default(8404),
  REDIRECT_TO_HTTPS: flag.default(true),
  MAX_CONNECTIONS: z.coerce.number().int().min(100).max(1_000_000).default(10_000),
  STOP_SECONDS: z.coerce.number().int().min(1).max(3600).default(25),
  HAPROXY: z.string().default('/usr/sbin/haproxy'),
  WORK_DIR: z.string().default('/run/ingress'),
});
export type Options = z.infer<typeof optionsSchema>;

/** @throws ZodError naming the variables that are wrong. */
export const parseOptions = (env: NodeJS.ProcessEnv): Options => optionsSchema.parse(env);
