SELECT "orders"."at" AS "at", "orders"."country" AS "country", "orders"."note ""x""" AS "note_x 9c7cbfb7d662"
FROM "orders"
WHERE CAST("orders"."country" AS TEXT) = $1 AND CAST("orders"."country" AS TEXT) IN ($9, $10) AND ("orders"."country" IS NULL OR (CAST("orders"."country" AS TEXT) NOT IN ($11, $12))) AND CAST("orders"."note ""x""" AS TEXT) ILIKE $2 ESCAPE '\' AND ("orders"."note ""x""" IS NULL OR CAST("orders"."note ""x""" AS TEXT) NOT ILIKE $3 ESCAPE '\') AND (CAST("orders"."note ""x""" AS TEXT) ILIKE $4 ESCAPE '\' OR CAST("orders"."note ""x""" AS TEXT) ILIKE $5 ESCAPE '\') AND ("orders"."note ""x""" IS NULL OR CAST("orders"."note ""x""" AS TEXT) = $6) AND NOT ("orders"."note ""x""" IS NULL OR CAST("orders"."note ""x""" AS TEXT) = $7)
ORDER BY "orders"."at" ASC NULLS LAST, CAST("orders"."country" AS TEXT) ASC NULLS LAST, CAST("orders"."note ""x""" AS TEXT) ASC NULLS LAST
LIMIT $8
-- $1 = 'DE'
-- $2 = '%50\\%\\_\\\\%'
-- $3 = '%x%'
-- $4 = 'a%'
-- $5 = 'b%'
-- $6 = ''
-- $7 = ''
-- $8 = 1000
-- $9 = 'DE'
-- $10 = 'FR'
-- $11 = 'DE'
-- $12 = 'FR'
