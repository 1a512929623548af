"""What learners are compared with: closed forms, quadrature, NUTS and reference SVI."""
