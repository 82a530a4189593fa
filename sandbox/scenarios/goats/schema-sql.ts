/** Made on every node by the role `speaker`, who owns it; the audience may read and write rows, no more. */
export const schemaSql = `
CREATE TABLE public.goat (
  id integer PRIMARY KEY,
  name text NOT NULL,
  coat text,
  legs integer NOT NULL DEFAULT 4 CHECK (legs BETWEEN 0 AND 8),
  seen_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.goat IS 'Bucardos seen above the tree line. Replicated among all nodes.';
GRANT SELECT, INSERT, UPDATE, DELETE ON public.goat TO attendee;
`;
